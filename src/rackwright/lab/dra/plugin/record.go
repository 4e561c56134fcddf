package main

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
)

// Record is the hardware record of a simulated server (rackwright.lab.hardware): what is on its PCI bus, and
// what is broken about it.
type Record struct {
	Simulated bool   `json:"simulated"`
	Server    string `json:"server"`
	GPUs      []GPU  `json:"gpus"`
	NICs      []NIC  `json:"nics"`
	Faults    Faults `json:"faults"`
}

// GPU as it would be found on the bus. Index is its minor number.
type GPU struct {
	Index        int         `json:"index"`
	UUID         string      `json:"uuid"`
	Name         string      `json:"name"`
	PCI          string      `json:"pci"`
	PCIeRoot     string      `json:"pcie_root"`
	NUMA         *int64      `json:"numa"`
	MemoryMiB    int64       `json:"memory_mib"`
	Architecture string      `json:"architecture"`
	Compute      string      `json:"compute_capability"`
	Partition    string      `json:"partition"`
	MIG          []Partition `json:"mig"`
}

// Partition is a MIG instance: its profile, NVML's number of that profile, the first memory slice.
type Partition struct {
	Profile   string `json:"profile"`
	ID        int    `json:"id"`
	Start     int    `json:"start"`
	UUID      string `json:"uuid"`
	MemoryMiB int64  `json:"memory_mib"`
}

// NIC is a network port. A port without an RDMA device has none in RDMA.
type NIC struct {
	Name     string `json:"name"`
	RDMA     string `json:"rdma"`
	PCI      string `json:"pci"`
	PCIeRoot string `json:"pcie_root"`
	NUMA     *int64 `json:"numa"`
	MAC      string `json:"mac"`
}

// Faults that this plugin has to notice (rackwright.lab.faults.gpus); the record has others, too.
type Faults struct {
	Missing []int             `json:"gpu_missing"`
	Lost    []int             `json:"gpu_lost"`
	ECC     map[string]Errors `json:"ecc"`
	Links   map[string][]int  `json:"nvlink_down"`
}

// Errors of a GPU's memory.
type Errors struct {
	Uncorrected  int  `json:"uncorrected"`
	RemapPending bool `json:"remap_pending"`
	RemapFailed  bool `json:"remap_failed"`
}

// ReadRecord reads the record anew. A machine without one is no simulated server: that is an error.
func ReadRecord(path string) (*Record, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("hardware record: %w (this driver is a twin: it serves simulated servers only)", err)
	}
	var found Record
	if err := json.Unmarshal(text, &found); err != nil {
		return nil, fmt.Errorf("hardware record %s: %w", path, err)
	}
	if !found.Simulated {
		return nil, fmt.Errorf("hardware record %s: it does not say that it is simulated", path)
	}
	return &found, nil
}

// Present are the GPUs that the bus still shows.
func (r *Record) Present() []GPU {
	return slices.DeleteFunc(slices.Clone(r.GPUs), func(gpu GPU) bool {
		return slices.Contains(r.Faults.Missing, gpu.Index)
	})
}

// Lost says whether a GPU fell off the bus while the driver held it.
func (r *Record) Lost(gpu GPU) bool {
	return slices.Contains(r.Faults.Lost, gpu.Index)
}

// XIDs that the driver would have logged about a GPU, as hardware_twin/xid.py has them.
func (r *Record) XIDs(gpu GPU) []int {
	var found []int
	key := strconv.Itoa(gpu.Index)
	if r.Lost(gpu) {
		found = append(found, 79)
	}
	wrong := r.Faults.ECC[key]
	if wrong.Uncorrected > 0 {
		found = append(found, 94, 63)
	}
	if wrong.RemapFailed {
		found = append(found, 64)
	}
	if len(r.Faults.Links[key]) > 0 {
		found = append(found, 74)
	}
	return found
}

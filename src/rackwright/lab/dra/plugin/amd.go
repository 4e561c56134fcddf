package main

import (
	"errors"
	"fmt"

	resourceapi "k8s.io/api/resource/v1"
)

const (
	amdDriver = "gpu.amd.com"
	// firstRender is Linux's first render node (drivers/gpu/drm/drm_drv.c).
	firstRender = 128
)

// amd publishes whole GPUs as ROCm/k8s-gpu-dra-driver does.
type amd struct{}

func (amd) Ready(host Host) error {
	if _, err := host.Text("/sys/module/amdgpu/version"); err != nil {
		return fmt.Errorf("the amdgpu kernel module is not loaded: %w", err)
	}
	return nil
}

func (a amd) Units(host Host, record *Record) ([]Unit, error) {
	driver, err := host.Text("/sys/module/amdgpu/version")
	if err != nil {
		return nil, a.Ready(host)
	}
	var made []Unit
	for _, gpu := range record.Present() {
		card, render := int64(gpu.Index), int64(firstRender+gpu.Index)
		own := attributes{}
		own.text("type", "amdgpu")
		own.text("productName", gpu.Name)
		own.text("partitionProfile", gpu.Partition)
		own.version("driverVersion", driver)
		own.whole("cardIndex", &card)
		own.whole("renderIndex", &render)
		own.text(pciBusID, gpu.PCI)
		own.text(pcieRoot, gpu.PCIeRoot)
		own.whole("numaNode", gpu.NUMA)
		unit := Unit{
			Device: resourceapi.Device{
				Name: fmt.Sprintf("gpu-%d-%d", card, render), Attributes: own, Capacity: memory(gpu.MemoryMiB),
			},
			Needed: []string{"/dev/kfd", fmt.Sprintf("/dev/dri/renderD%d", render)},
			Useful: []string{fmt.Sprintf("/dev/dri/card%d", card)},
			Env:    []string{fmt.Sprintf("RACKWRIGHT_SIMULATED_GPU_%d=%s", gpu.Index, gpu.UUID)},
		}
		if record.Lost(gpu) {
			unit.Broken = fmt.Sprintf("GPU %s at %s has fallen off the bus", gpu.UUID, gpu.PCI)
		}
		made = append(made, unit)
	}
	return made, nil
}

func (amd) Config([]byte) ([]string, error) {
	return nil, errors.New("opaque configuration for gpu.amd.com is not simulated")
}

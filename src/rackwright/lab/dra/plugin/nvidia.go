package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	resourceapi "k8s.io/api/resource/v1"
)

const nvidiaDriver = "gpu.nvidia.com"

// cudaOf is the CUDA release that a driver branch speaks, as hardware_twin/smi_table.py has it.
var cudaOf = map[string]string{"570": "12.8", "575": "12.9", "580": "13.0", "590": "13.1"}

// notFatal XIDs are noted on a device and keep nobody from it (upstream's list).
var notFatal = []int{13, 31, 43, 45, 68, 109}

// nvidia publishes GPUs as upstream's gpu-kubelet-plugin does.
type nvidia struct {
	gates Gates
	// seen taints by UUID: they stay until the plugin is restarted, as upstream's do.
	seen map[string][]resourceapi.DeviceTaint
}

func (n *nvidia) Ready(host Host) error {
	_, err := host.NVIDIA()
	return err
}

func (n *nvidia) Units(host Host, record *Record) ([]Unit, error) {
	driver, err := host.NVIDIA()
	if err != nil {
		return nil, err
	}
	var made []Unit
	for _, gpu := range record.Present() {
		common := attributes{}
		common.text("productName", gpu.Name)
		common.text("brand", "Nvidia")
		common.text("architecture", gpu.Architecture)
		common.version("cudaComputeCapability", gpu.Compute)
		common.version("driverVersion", driver)
		branch, _, _ := strings.Cut(driver, ".")
		common.version("cudaDriverVersion", cudaOf[branch])
		common.text(pciBusID, gpu.PCI)
		common.text(pcieRoot, gpu.PCIeRoot)
		common.whole(numaNode, gpu.NUMA)
		node := fmt.Sprintf("/dev/nvidia%d", gpu.Index)
		unit := Unit{
			Needed: []string{node, "/dev/nvidiactl"},
			Useful: []string{"/dev/nvidia-uvm", "/dev/nvidia-uvm-tools", "/dev/nvidia-modeset"},
		}
		if record.Lost(gpu) {
			unit.Broken = fmt.Sprintf("GPU %s at %s has fallen off the bus (XID 79); a reboot brings it back", gpu.UUID, gpu.PCI)
		}
		taints := n.taints(gpu, record)
		if len(gpu.MIG) == 0 {
			made = append(made, whole(unit, gpu, common, taints))
			continue
		}
		for _, part := range gpu.MIG {
			made = append(made, partition(unit, gpu, part, common, taints))
		}
	}
	return made, nil
}

func whole(unit Unit, gpu GPU, common attributes, taints []resourceapi.DeviceTaint) Unit {
	own := clone(common)
	own.text("type", "gpu")
	own.text("uuid", gpu.UUID)
	unit.Visible = gpu.UUID
	unit.Env = []string{fmt.Sprintf("RACKWRIGHT_SIMULATED_GPU_%d=%s", gpu.Index, gpu.UUID)}
	unit.Device = resourceapi.Device{
		Name: fmt.Sprintf("gpu-%d", gpu.Index), Attributes: own, Capacity: memory(gpu.MemoryMiB), Taints: taints,
	}
	return unit
}

// partition is named as rackwright.gpu_sharing.mig.Partition.device does, after upstream's mig.go.
func partition(unit Unit, gpu GPU, part Partition, common attributes, taints []resourceapi.DeviceTaint) Unit {
	own := clone(common)
	own.text("type", "mig")
	own.text("uuid", part.UUID)
	own.text("parentUUID", gpu.UUID)
	own.text("profile", part.Profile)
	word := strings.ReplaceAll(strings.ReplaceAll(part.Profile, ".", ""), "+", "-")
	unit.Visible = part.UUID
	unit.Env = []string{fmt.Sprintf("RACKWRIGHT_SIMULATED_MIG_%d_%d=%s", gpu.Index, part.Start, part.UUID)}
	unit.Device = resourceapi.Device{
		Name:       fmt.Sprintf("gpu-%d-mig-%s-%d-%d", gpu.Index, word, part.ID, part.Start),
		Attributes: own, Taints: taints,
	}
	if part.MemoryMiB > 0 {
		unit.Device.Capacity = memory(part.MemoryMiB)
	}
	return unit
}

// taints of a GPU, with the gate NVMLDeviceHealthCheck; never NoExecute.
func (n *nvidia) taints(gpu GPU, record *Record) []resourceapi.DeviceTaint {
	if !n.gates.On("NVMLDeviceHealthCheck") {
		return nil
	}
	found := n.seen[gpu.UUID]
	add := func(key, value string, effect resourceapi.DeviceTaintEffect) {
		taint := resourceapi.DeviceTaint{Key: nvidiaDriver + "/" + key, Value: value, Effect: effect}
		if !slices.ContainsFunc(found, func(one resourceapi.DeviceTaint) bool {
			return one.Key == taint.Key && one.Value == taint.Value
		}) {
			found = append(found, taint)
		}
	}
	if record.Lost(gpu) {
		add("gpu-lost", "", resourceapi.DeviceTaintEffectNoSchedule)
	}
	for _, code := range record.XIDs(gpu) {
		effect := resourceapi.DeviceTaintEffectNoSchedule
		if slices.Contains(notFatal, code) {
			effect = resourceapi.DeviceTaintEffectNone
		}
		add("xid", strconv.Itoa(code), effect)
	}
	n.seen[gpu.UUID] = found
	return slices.Clone(found)
}

func (n *nvidia) Config(raw []byte) ([]string, error) { return sharing(raw, n.gates) }

func clone(from attributes) attributes {
	made := attributes{}
	for name, value := range from {
		made[name] = value
	}
	return made
}

package main

import (
	"errors"
	"fmt"
	"strings"

	resourceapi "k8s.io/api/resource/v1"
)

// Unit is one device: what is published about it, and what a container is given for it.
type Unit struct {
	Device resourceapi.Device
	// Needed device nodes: without one of them the device is not handed out.
	Needed []string
	// Useful device nodes are given where they exist.
	Useful []string
	Env    []string
	// Visible is what NVIDIA_VISIBLE_DEVICES names; empty for other makers.
	Visible string
	// Broken says why the device cannot be used; empty when it can.
	Broken string
}

// Vendor is one driver: the devices it makes of a record, and which configurations of claims it takes.
type Vendor interface {
	// Ready is an error while the host's own driver is not there.
	Ready(host Host) error
	Units(host Host, record *Record) ([]Unit, error)
	// Config checks a claim's opaque configuration; what it gives is set in the containers.
	Config(raw []byte) ([]string, error)
}

// Nodes are the device nodes that are there now. A needed one that is missing is an error: a specification without
// it would start containers without a GPU (kubernetes-sigs/dra-driver-nvidia-gpu#1380).
func (u Unit) Nodes(host Host) ([]string, error) {
	var found, missing []string
	for _, name := range u.Needed {
		if host.Node(name) {
			found = append(found, name)
		} else {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, fmt.Errorf("%s: %s is not there (nvidia-modprobe or the driver's boot unit makes it)",
			u.Device.Name, strings.Join(missing, ", "))
	}
	for _, name := range u.Useful {
		if host.Node(name) {
			found = append(found, name)
		}
	}
	return found, nil
}

// vendorOf is the driver of a name.
func vendorOf(name string, gates Gates) (Vendor, error) {
	if name != nvidiaDriver && len(gates.named) > 0 {
		return nil, fmt.Errorf("%s has no feature gates", name)
	}
	switch name {
	case nvidiaDriver:
		return &nvidia{gates: gates, seen: map[string][]resourceapi.DeviceTaint{}}, nil
	case amdDriver:
		return amd{}, nil
	case dranetDriver:
		return dranet{}, nil
	}
	return nil, errors.New("--driver: expected gpu.nvidia.com, gpu.amd.com or dra.net, found " + name)
}

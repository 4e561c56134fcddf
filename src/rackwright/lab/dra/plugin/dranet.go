package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	resourceapi "k8s.io/api/resource/v1"
)

const dranetDriver = "dra.net"

var lastNumber = regexp.MustCompile(`\d+$`)

// dranet publishes the PCI network devices that the kernel has now, but for those that hold the default route, as
// kubernetes-sigs/dranet does. It moves none of them into a pod: it has no part in the runtime's NRI.
type dranet struct{}

func (dranet) Ready(Host) error { return nil }

func (dranet) Units(host Host, record *Record) ([]Unit, error) {
	routed, err := defaultRoutes(host)
	if err != nil {
		return nil, err
	}
	var made []Unit
	for _, nic := range record.NICs {
		place := address(nic)
		net := filepath.Join("/sys/class/net", nic.Name)
		if _, err := os.Stat(host.Path(net)); err != nil || place == "" || routed[nic.Name] {
			continue
		}
		own := attributes{}
		own.text("dra.net/ifName", nic.Name)
		own.text("dra.net/pciAddress", place)
		own.text("dra.net/mac", nic.MAC)
		own.text("dra.net/encapsulation", "ether")
		own.text("dra.net/type", "device")
		own.whole("dra.net/numaNode", nic.NUMA)
		own.whole(numaNode, nic.NUMA)
		own.text(pcieRoot, nic.PCIeRoot)
		own.flag("dra.net/rdma", nic.RDMA != "")
		own.text("dra.net/rdmaDevice", nic.RDMA)
		own.flag("dra.net/virtual", false)
		own.flag("dra.net/sriov", false)
		own.flag("dra.net/ebpf", false)
		if text, err := host.Text(filepath.Join(net, "mtu")); err == nil {
			if mtu, err := strconv.ParseInt(text, 10, 64); err == nil {
				own.whole("dra.net/mtu", &mtu)
			}
		}
		if text, err := host.Text(filepath.Join(net, "operstate")); err == nil {
			own.text("dra.net/state", text)
		}
		word := nic.RDMA
		if word == "" {
			word = nic.Name
		}
		made = append(made, Unit{
			Device: resourceapi.Device{Name: deviceName(place), Attributes: own},
			Useful: rdmaNodes(host, nic.RDMA),
			Env:    []string{"RACKWRIGHT_SIMULATED_NIC_" + word + "=" + nic.Name},
		})
	}
	return made, nil
}

func (dranet) Config([]byte) ([]string, error) {
	return nil, errors.New("opaque configuration for dra.net is not simulated: the twin moves no interface into a pod")
}

// deviceName is dranet's name for a place on the bus.
func deviceName(place string) string {
	return "pci-" + strings.NewReplacer(":", "-", ".", "-").Replace(place)
}

// address is a port's place on the bus in full; an RDMA device without one in the catalog has the place that
// hardware_twin/sysfs_files.py shows. Empty: it is not on the bus.
func address(nic NIC) string {
	switch {
	case nic.PCI == "" && nic.RDMA == "":
		return ""
	case nic.PCI == "":
		number, _ := strconv.Atoi(lastNumber.FindString(nic.RDMA))
		return fmt.Sprintf("0000:ff:%02x.0", number)
	case strings.Count(nic.PCI, ":") == 2:
		return nic.PCI
	}
	return "0000:" + nic.PCI
}

// defaultRoutes names the interfaces that hold a default route of the host's.
func defaultRoutes(host Host) (map[string]bool, error) {
	text, err := host.Text("/proc/1/net/route")
	if err != nil {
		return nil, fmt.Errorf("the host's routes: %w", err)
	}
	found := map[string]bool{}
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) >= 8 && words[1] == "00000000" && words[7] == "00000000" {
			found[words[0]] = true
		}
	}
	return found, nil
}

// rdmaNodes are the character devices of an RDMA device, by the kernel's own naming of them.
func rdmaNodes(host Host, device string) []string {
	if device == "" {
		return nil
	}
	found := []string{"/dev/infiniband/rdma_cm"}
	for _, class := range []string{"infiniband_verbs", "infiniband_mad"} {
		paths, _ := filepath.Glob(host.Path(filepath.Join("/sys/class", class, "*", "ibdev")))
		for _, path := range paths {
			if text, err := os.ReadFile(path); err == nil && strings.TrimSpace(string(text)) == device {
				found = append(found, "/dev/infiniband/"+filepath.Base(filepath.Dir(path)))
			}
		}
	}
	return found
}

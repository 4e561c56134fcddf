package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	resourceapi "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
)

const node = "gpu-su01-n01"

// server is a simulated server's file system: two GPUs, three NICs, driver 580.159.03.
type server struct {
	Host
	t      *testing.T
	record Record
}

func newServer(t *testing.T) *server {
	zero, one := int64(0), int64(1)
	s := &server{Host: Host{Root: t.TempDir(), DriverRoot: "/"}, t: t}
	s.record = Record{
		Simulated: true, Server: node,
		GPUs: []GPU{
			{Index: 0, UUID: "GPU-0", Name: "NVIDIA H100 80GB HBM3", PCI: "0000:1b:00.0", PCIeRoot: "pci0000:10", NUMA: &zero,
				MemoryMiB: 81559, Architecture: "Hopper", Compute: "9.0", Partition: "spx_nps1"},
			{Index: 1, UUID: "GPU-1", Name: "NVIDIA H100 80GB HBM3", PCI: "0000:9d:00.0", PCIeRoot: "pci0000:11", NUMA: &one,
				MemoryMiB: 81559, Architecture: "Hopper", Compute: "9.0", Partition: "spx_nps1"},
		},
		NICs: []NIC{
			{Name: "enp24s0np0", RDMA: "mlx5_0", PCI: "18:00.0", PCIeRoot: "pci0000:10", NUMA: &zero, MAC: "02:00:00:00:00:01"},
			{Name: "rail1", RDMA: "mlx5_1", PCIeRoot: "pci0000:11", NUMA: &one, MAC: "02:00:00:00:00:02"},
			{Name: "eno3", MAC: "02:00:00:00:00:03"},
		},
	}
	s.save()
	for _, name := range []string{"nvidia0", "nvidia1", "nvidiactl", "nvidia-uvm", "kfd", "dri/renderD128", "infiniband/uverbs0"} {
		s.node(name)
	}
	s.file("usr/bin/nvidia-smi", "")
	s.file("proc/driver/nvidia/version", "NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.159.03  Release Build\n")
	s.library("580.159.03")
	s.file("sys/module/amdgpu/version", "6.16.13\n")
	s.file("sys/class/net/enp24s0np0/mtu", "9216\n")
	s.file("sys/class/net/enp24s0np0/operstate", "up\n")
	s.file("sys/class/net/rail1/mtu", "1500\n")
	s.file("sys/class/net/eno3/mtu", "1500\n")
	s.file("sys/class/infiniband_verbs/uverbs0/ibdev", "mlx5_0\n")
	s.file("proc/1/net/route", "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\n")
	return s
}

func (s *server) save() {
	text, err := json.Marshal(s.record)
	s.must(err)
	s.file(recordPath, string(text))
}

func (s *server) file(name, text string) {
	s.must(os.MkdirAll(filepath.Dir(s.Path(name)), 0o755))
	s.must(os.WriteFile(s.Path(name), []byte(text), 0o644))
}

// node is a link to a character device that every machine has.
func (s *server) node(name string) {
	path := s.Path("dev/" + name)
	s.must(os.MkdirAll(filepath.Dir(path), 0o755))
	s.must(os.Symlink("/dev/null", path))
}

func (s *server) library(version string) {
	path := s.Path("usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1")
	s.must(os.MkdirAll(filepath.Dir(path), 0o755))
	_ = os.Remove(path)
	s.must(os.Symlink("libnvidia-ml.so."+version, path))
}

func (s *server) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// plugin of a driver, as after a start: what it keeps is read from the files.
func (s *server) plugin(driver, gates string) *Plugin {
	s.t.Helper()
	parsed, err := ParseGates(gates)
	s.must(err)
	vendor, err := vendorOf(driver, parsed)
	s.must(err)
	kept, err := OpenCheckpoint(s.Path("var/lib/kubelet/plugins/" + driver + "/checkpoint.json"))
	s.must(err)
	return &Plugin{
		driver: driver, node: node, host: s.Host, vendor: vendor, kept: kept,
		watch: &Watch{host: s.Host, vendor: vendor, node: node},
		cdi:   CDI{Root: s.Path("var/run/cdi"), Driver: driver},
	}
}

func claim(name, driver string, devices ...string) *resourceapi.ResourceClaim {
	made := &resourceapi.ResourceClaim{
		ObjectMeta: metav1.ObjectMeta{Namespace: "jobs", Name: name, UID: types.UID("uid-" + name)},
	}
	made.Status.Allocation = &resourceapi.AllocationResult{}
	for _, device := range devices {
		made.Status.Allocation.Devices.Results = append(made.Status.Allocation.Devices.Results,
			resourceapi.DeviceRequestAllocationResult{Request: "r-" + device, Driver: driver, Pool: node, Device: device})
	}
	return made
}

func configure(claim *resourceapi.ResourceClaim, driver, text string, requests ...string) *resourceapi.ResourceClaim {
	claim.Status.Allocation.Devices.Config = append(claim.Status.Allocation.Devices.Config,
		resourceapi.DeviceAllocationConfiguration{Requests: requests, DeviceConfiguration: resourceapi.DeviceConfiguration{
			Opaque: &resourceapi.OpaqueDeviceConfiguration{Driver: driver, Parameters: runtime.RawExtension{Raw: []byte(text)}},
		}})
	return claim
}

package main

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	resourceapi "k8s.io/api/resource/v1"
)

func look(t *testing.T, p *Plugin) map[string]Unit {
	t.Helper()
	found, err := p.watch.Look()
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func value(one resourceapi.DeviceAttribute) string {
	switch {
	case one.StringValue != nil:
		return *one.StringValue
	case one.IntValue != nil:
		return fmt.Sprint(*one.IntValue)
	case one.BoolValue != nil:
		return fmt.Sprint(*one.BoolValue)
	case one.VersionValue != nil:
		return "v" + *one.VersionValue
	}
	return "nothing"
}

func expect(t *testing.T, unit Unit, expected map[resourceapi.QualifiedName]string) {
	t.Helper()
	for name, text := range expected {
		if found := value(unit.Device.Attributes[name]); found != text {
			t.Errorf("%s %s: found %s, expected %s", unit.Device.Name, name, found, text)
		}
	}
}

func TestAGPUSaysWhatUpstreamsWouldSay(t *testing.T) {
	found := look(t, newServer(t).plugin(nvidiaDriver, ""))
	if len(found) != 2 {
		t.Fatal(found)
	}
	expect(t, found["gpu-1"], map[resourceapi.QualifiedName]string{
		"type": "gpu", "uuid": "GPU-1", "productName": "NVIDIA H100 80GB HBM3", "brand": "Nvidia", "architecture": "Hopper",
		"cudaComputeCapability": "v9.0.0", "driverVersion": "v580.159.3", "cudaDriverVersion": "v13.0.0",
		pciBusID: "0000:9d:00.0", pcieRoot: "pci0000:11", numaNode: "1", "index": "nothing",
	})
	quantity := found["gpu-1"].Device.Capacity["memory"].Value
	if quantity.String() != "81559Mi" {
		t.Fatal(quantity.String())
	}
}

func TestPartitionsStandInTheirGPUsPlace(t *testing.T) {
	s := newServer(t)
	s.record.GPUs[0].MIG = []Partition{{Profile: "1g.10gb+me", ID: 20, Start: 3, UUID: "MIG-0"}}
	s.save()
	found := look(t, s.plugin(nvidiaDriver, ""))
	if _, whole := found["gpu-0"]; whole || len(found) != 2 {
		t.Fatal(found)
	}
	expect(t, found["gpu-0-mig-1g10gb-me-20-3"], map[resourceapi.QualifiedName]string{
		"type": "mig", "profile": "1g.10gb+me", "parentUUID": "GPU-0", pcieRoot: "pci0000:10",
	})
}

func TestTaintsNeedTheirGateAndStay(t *testing.T) {
	s := newServer(t)
	s.record.Faults = Faults{Lost: []int{0}, ECC: map[string]Errors{"1": {Uncorrected: 2}}}
	s.save()
	off, on := s.plugin(nvidiaDriver, ""), s.plugin(nvidiaDriver, "NVMLDeviceHealthCheck=true")
	if taints := look(t, off)["gpu-0"].Device.Taints; len(taints) != 0 {
		t.Fatal(taints)
	}
	words := func(name string) (found []string) {
		for _, taint := range look(t, on)[name].Device.Taints {
			found = append(found, fmt.Sprintf("%s=%s:%s", taint.Key, taint.Value, taint.Effect))
		}
		return found
	}
	lost := []string{"gpu.nvidia.com/gpu-lost=:NoSchedule", "gpu.nvidia.com/xid=79:NoSchedule"}
	if found := words("gpu-0"); !slices.Equal(found, lost) {
		t.Fatal(found)
	}
	if found := words("gpu-1"); !slices.Contains(found, "gpu.nvidia.com/xid=94:NoSchedule") {
		t.Fatal(found)
	}
	s.record.Faults = Faults{}
	s.save()
	if found := words("gpu-0"); !slices.Equal(found, lost) {
		t.Fatal("cleared without a restart", found)
	}
	if taints := look(t, s.plugin(nvidiaDriver, "NVMLDeviceHealthCheck=true"))["gpu-0"].Device.Taints; len(taints) != 0 {
		t.Fatal(taints)
	}
}

func TestHealthIsOfEveryDevice(t *testing.T) {
	s := newServer(t)
	s.record.Faults.Lost = []int{1}
	s.save()
	p := s.plugin(nvidiaDriver, "")
	found := map[string]string{}
	for _, one := range p.health(look(t, p)).Devices {
		found[one.DeviceName] = string(one.Health)
	}
	if found["gpu-0"] != "Healthy" || found["gpu-1"] != "Unhealthy" {
		t.Fatal(found)
	}
}

func TestAMDsGPUsAreNamedByCardAndRenderNode(t *testing.T) {
	found := look(t, newServer(t).plugin(amdDriver, ""))
	expect(t, found["gpu-1-129"], map[resourceapi.QualifiedName]string{
		"type": "amdgpu", "driverVersion": "v6.16.13", "partitionProfile": "spx_nps1", "renderIndex": "129", "numaNode": "1",
	})
}

func TestNICsAreThoseOfTheBusThatTheKernelHas(t *testing.T) {
	s := newServer(t)
	found := look(t, s.plugin(dranetDriver, ""))
	if len(found) != 2 {
		t.Fatal(found)
	}
	expect(t, found["pci-0000-18-00-0"], map[resourceapi.QualifiedName]string{
		"dra.net/ifName": "enp24s0np0", "dra.net/rdma": "true", "dra.net/rdmaDevice": "mlx5_0", "dra.net/mtu": "9216",
		"dra.net/state": "up", "dra.net/numaNode": "0", numaNode: "0", pcieRoot: "pci0000:10", "dra.net/pciAddress": "0000:18:00.0",
	})
	expect(t, found["pci-0000-ff-01-0"], map[resourceapi.QualifiedName]string{"dra.net/ifName": "rail1"})
	s.file("proc/1/net/route", "Iface\tDestination\nenp24s0np0\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\n")
	if found := look(t, s.plugin(dranetDriver, "")); len(found) != 1 {
		t.Fatal("the default route's interface is published", found)
	}
	s.must(os.RemoveAll(s.Path("sys/class/net/rail1")))
	if found := look(t, s.plugin(dranetDriver, "")); len(found) != 0 {
		t.Fatal("an interface that is gone is published", found)
	}
}

func TestPoolsAreInOrderAndNeverWithoutASlice(t *testing.T) {
	s := newServer(t)
	for index := 2; index < 12; index++ {
		s.record.GPUs = append(s.record.GPUs, GPU{Index: index, UUID: fmt.Sprint("GPU-", index)})
	}
	s.save()
	p := s.plugin(nvidiaDriver, "")
	devices := p.watch.Pool(look(t, p)).Pools[node].Slices[0].Devices
	if devices[9].Name != "gpu-9" || devices[11].Name != "gpu-11" {
		t.Fatal(devices)
	}
	if none := p.watch.Pool(nil).Pools[node].Slices; len(none) != 1 {
		t.Fatal(none)
	}
}

func TestTheHostsDriverIsNamedWithAllThatItLacks(t *testing.T) {
	s := newServer(t)
	if found, err := s.NVIDIA(); err != nil || found != "580.159.03" {
		t.Fatal(found, err)
	}
	s.library("580.105.08")
	if _, err := s.NVIDIA(); err == nil || !strings.Contains(err.Error(), "version mismatch: module 580.159.03, library 580.105.08") {
		t.Fatal(err)
	}
	elsewhere := Host{Root: s.Root, DriverRoot: "/run/nvidia/driver"}
	_, err := elsewhere.NVIDIA()
	for _, text := range []string{"no nvidia-smi below /run/nvidia/driver", "no libnvidia-ml.so.1 below /run/nvidia/driver"} {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Fatal(err)
		}
	}
}

func TestARecordThatIsNotSimulatedIsRefused(t *testing.T) {
	s := newServer(t)
	s.record.Simulated = false
	s.save()
	if _, err := s.Record(); err == nil {
		t.Fatal("taken")
	}
	s.must(os.Remove(s.Path(recordPath)))
	if _, err := s.Record(); err == nil {
		t.Fatal("taken")
	}
}

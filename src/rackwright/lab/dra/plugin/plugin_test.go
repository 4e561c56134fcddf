package main

import (
	"context"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	cdi "tags.cncf.io/container-device-interface/specs-go"
)

func prepare(t *testing.T, p *Plugin, one *resourceapi.ResourceClaim) kubeletplugin.PrepareResult {
	t.Helper()
	found, err := p.PrepareResourceClaims(context.Background(), []*resourceapi.ResourceClaim{one})
	if err != nil {
		t.Fatal(err)
	}
	return found[one.UID]
}

func unprepare(t *testing.T, p *Plugin, one *resourceapi.ResourceClaim) error {
	t.Helper()
	object := kubeletplugin.NamespacedObject{UID: one.UID}
	found, err := p.UnprepareResourceClaims(context.Background(), []kubeletplugin.NamespacedObject{object})
	if err != nil {
		t.Fatal(err)
	}
	return found[one.UID]
}

func refused(t *testing.T, p *Plugin, one *resourceapi.ResourceClaim, expected string) {
	t.Helper()
	result := prepare(t, p, one)
	if result.Err == nil || !strings.Contains(result.Err.Error(), expected) {
		t.Fatalf("error %v, expected %q in it", result.Err, expected)
	}
	if p.cdi.Exists(one.UID) {
		t.Fatal("a specification of a claim that was refused")
	}
	if _, held := p.kept.Get(one.UID); held {
		t.Fatal("a claim that was refused is held")
	}
}

func spec(t *testing.T, p *Plugin, claim types.UID) cdi.Spec {
	t.Helper()
	text, err := os.ReadFile(p.cdi.Path(claim))
	if err != nil {
		t.Fatal(err)
	}
	var found cdi.Spec
	if err := json.Unmarshal(text, &found); err != nil {
		t.Fatal(err)
	}
	return found
}

func TestPreparedClaimHasItsNodesAndSaysThatItIsSimulated(t *testing.T) {
	p := newServer(t).plugin(nvidiaDriver, "")
	result := prepare(t, p, claim("a", nvidiaDriver, "gpu-0", "gpu-1"))
	if result.Err != nil {
		t.Fatal(result.Err)
	}
	if id := result.Devices[0].CDIDeviceIDs[0]; id != "k8s.gpu.nvidia.com/claim=uid-a-gpu-0" {
		t.Fatal(id)
	}
	found := spec(t, p, "uid-a")
	if env := found.ContainerEdits.Env; !slices.Equal(env, []string{simulated, "NVIDIA_VISIBLE_DEVICES=GPU-0,GPU-1"}) {
		t.Fatal(env)
	}
	var nodes []string
	for _, each := range found.Devices[1].ContainerEdits.DeviceNodes {
		nodes = append(nodes, each.Path)
	}
	if !slices.Equal(nodes, []string{"/dev/nvidia1", "/dev/nvidiactl", "/dev/nvidia-uvm"}) {
		t.Fatal(nodes)
	}
}

func TestPrepareTwiceIsPrepareOnceAlsoAfterARestart(t *testing.T) {
	s := newServer(t)
	one := claim("a", nvidiaDriver, "gpu-0")
	first := prepare(t, s.plugin(nvidiaDriver, ""), one)
	before, _ := os.ReadFile(s.plugin(nvidiaDriver, "").cdi.Path(one.UID))
	again := s.plugin(nvidiaDriver, "")
	second := prepare(t, again, one)
	after, _ := os.ReadFile(again.cdi.Path(one.UID))
	if second.Err != nil || second.Devices[0].CDIDeviceIDs[0] != first.Devices[0].CDIDeviceIDs[0] || string(before) != string(after) {
		t.Fatal(first, second)
	}
	refused(t, again, claim("b", nvidiaDriver, "gpu-0"), "prepared for claim jobs/a")
	if err := unprepare(t, again, one); err != nil || again.cdi.Exists(one.UID) {
		t.Fatal(err)
	}
	if err := unprepare(t, again, one); err != nil {
		t.Fatal(err)
	}
	if result := prepare(t, s.plugin(nvidiaDriver, ""), claim("b", nvidiaDriver, "gpu-0")); result.Err != nil {
		t.Fatal(result.Err)
	}
}

func TestSpecificationComesBackAfterAReboot(t *testing.T) {
	s := newServer(t)
	one := claim("a", nvidiaDriver, "gpu-0")
	p := s.plugin(nvidiaDriver, "")
	prepare(t, p, one)
	s.must(os.RemoveAll(p.cdi.Root))
	if result := prepare(t, s.plugin(nvidiaDriver, ""), one); result.Err != nil || !p.cdi.Exists(one.UID) {
		t.Fatal(result.Err)
	}
}

func TestUnprepareRemovesWhatAKilledPrepareLeft(t *testing.T) {
	s := newServer(t)
	one := claim("a", nvidiaDriver, "gpu-0")
	p := s.plugin(nvidiaDriver, "")
	s.must(p.cdi.Write(one.UID, nil))
	if err := unprepare(t, p, one); err != nil || p.cdi.Exists(one.UID) {
		t.Fatal(err)
	}
}

func TestWhatCannotBeHandedOutIsRefused(t *testing.T) {
	for name, fault := range map[string]struct {
		plant    func(*server)
		expected string
	}{
		"no node":      {func(s *server) { s.must(os.Remove(s.Path("dev/nvidia0"))) }, "/dev/nvidia0 is not there"},
		"a plain file": {func(s *server) { s.must(os.Remove(s.Path("dev/nvidia0"))); s.file("dev/nvidia0", "") }, "/dev/nvidia0 is not there"},
		"no control":   {func(s *server) { s.must(os.Remove(s.Path("dev/nvidiactl"))) }, "/dev/nvidiactl is not there"},
		"lost":         {func(s *server) { s.record.Faults.Lost = []int{0}; s.save() }, "fallen off the bus"},
		"missing":      {func(s *server) { s.record.Faults.Missing = []int{0}; s.save() }, "not in pool"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			fault.plant(s)
			p := s.plugin(nvidiaDriver, "")
			refused(t, p, claim("a", nvidiaDriver, "gpu-0"), fault.expected)
			if result := prepare(t, p, claim("b", nvidiaDriver, "gpu-1")); name != "no control" && result.Err != nil {
				t.Fatal(result.Err)
			}
		})
	}
}

func TestEveryDeviceThatIsRefusedIsNamed(t *testing.T) {
	s := newServer(t)
	s.must(os.Remove(s.Path("dev/nvidia0")))
	s.must(os.Remove(s.Path("dev/nvidia1")))
	p := s.plugin(nvidiaDriver, "")
	refused(t, p, claim("a", nvidiaDriver, "gpu-0", "gpu-1"), "device gpu-0")
	refused(t, p, claim("a", nvidiaDriver, "gpu-0", "gpu-1"), "device gpu-1")
}

func TestAnAdministratorLooksAtAHeldDevice(t *testing.T) {
	p := newServer(t).plugin(nvidiaDriver, "")
	yes := true
	admin := claim("admin", nvidiaDriver, "gpu-0")
	admin.Status.Allocation.Devices.Results[0].AdminAccess = &yes
	if result := prepare(t, p, admin); result.Err != nil {
		t.Fatal(result.Err)
	}
	if result := prepare(t, p, claim("job", nvidiaDriver, "gpu-0")); result.Err != nil {
		t.Fatal(result.Err)
	}
	refused(t, p, claim("other", nvidiaDriver, "gpu-0"), "prepared for claim jobs/job")
}

func TestOtherDriversDevicesAreLeftToThem(t *testing.T) {
	s := newServer(t)
	one := claim("a", nvidiaDriver, "gpu-0")
	one.Status.Allocation.Devices.Results = append(one.Status.Allocation.Devices.Results,
		claim("a", dranetDriver, "pci-0000-18-00-0").Status.Allocation.Devices.Results...)
	gpus, nics := s.plugin(nvidiaDriver, ""), s.plugin(dranetDriver, "")
	if result := prepare(t, gpus, one); result.Err != nil || len(result.Devices) != 1 {
		t.Fatal(result)
	}
	if result := prepare(t, nics, one); result.Err != nil || len(result.Devices) != 1 {
		t.Fatal(result)
	}
	found := spec(t, nics, one.UID)
	if path := found.Devices[0].ContainerEdits.DeviceNodes[0].Path; path != "/dev/infiniband/uverbs0" {
		t.Fatal(path)
	}
}

func TestSharingReachesContainersOfItsRequestOnly(t *testing.T) {
	p := newServer(t).plugin(nvidiaDriver, "TimeSlicingSettings=true")
	one := configure(claim("a", nvidiaDriver, "gpu-0", "gpu-1"), nvidiaDriver,
		`{"apiVersion":"resource.nvidia.com/v1beta1","kind":"GpuConfig","sharing":{"strategy":"TimeSlicing","timeSlicingConfig":{"interval":"Long"}}}`,
		"r-gpu-1")
	if result := prepare(t, p, one); result.Err != nil {
		t.Fatal(result.Err)
	}
	found := spec(t, p, one.UID)
	if len(found.Devices[0].ContainerEdits.Env) != 1 || !strings.Contains(found.Devices[1].ContainerEdits.Env[1], `"Long"`) {
		t.Fatal(found)
	}
}

func TestADamagedCheckpointIsNotPassedOver(t *testing.T) {
	s := newServer(t)
	path := s.Path("checkpoint.json")
	for _, text := range []string{"{", `{"version":2}`, `{"version":1,"claims":{},"more":1}`} {
		s.file("checkpoint.json", text)
		if _, err := OpenCheckpoint(path); err == nil {
			t.Fatal(text)
		}
	}
}

func TestAClaimThatCannotBeKeptIsNotPrepared(t *testing.T) {
	s := newServer(t)
	p := s.plugin(nvidiaDriver, "")
	p.kept.path = s.Path("dev/nvidia0/checkpoint.json")
	refused(t, p, claim("a", nvidiaDriver, "gpu-0"), "not a directory")
}

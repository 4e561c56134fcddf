package main

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/dynamic-resource-allocation/resourceslice"
	"k8s.io/klog/v2"
)

// mostDevices in a slice: the API server takes no more of those that have taints (resource-slice-v1).
const mostDevices = 64

// Watch looks at the record every few seconds and publishes what has changed.
type Watch struct {
	host   Host
	vendor Vendor
	node   string
	every  time.Duration
	mutex  sync.Mutex
}

// Look reads the record and makes its devices, by name.
func (w *Watch) Look() (map[string]Unit, error) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	record, err := w.host.Record()
	if err != nil {
		return nil, err
	}
	units, err := w.vendor.Units(w.host, record)
	if err != nil {
		return nil, err
	}
	found := map[string]Unit{}
	for _, unit := range units {
		found[unit.Device.Name] = unit
	}
	return found, nil
}

// Pool of the node, in slices. One slice is there even when it holds no device: the driver runs.
func (w *Watch) Pool(units map[string]Unit) resourceslice.DriverResources {
	var devices []resourceapi.Device
	for _, name := range slices.SortedFunc(maps.Keys(units), inOrder) {
		devices = append(devices, units[name].Device)
	}
	var made []resourceslice.Slice
	for part := range slices.Chunk(devices, mostDevices) {
		made = append(made, resourceslice.Slice{Devices: part})
	}
	if len(made) == 0 {
		made = []resourceslice.Slice{{}}
	}
	return resourceslice.DriverResources{Pools: map[string]resourceslice.Pool{w.node: {Slices: made}}}
}

// Publish until the context ends. A record that cannot be read leaves what is published as it is, and is said.
func (w *Watch) Publish(ctx context.Context, helper *kubeletplugin.Helper) error {
	var last *resourceslice.DriverResources
	for {
		units, err := w.Look()
		if err != nil {
			klog.FromContext(ctx).Error(err, "Devices cannot be read; the published ones stay")
		} else if pool := w.Pool(units); last == nil || !equality.Semantic.DeepEqual(*last, pool) {
			klog.FromContext(ctx).Info("Publishing", "devices", len(units))
			if err := helper.PublishResources(ctx, pool); err != nil {
				return err
			}
			last = &pool
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(w.every):
		}
	}
}

// inOrder sorts gpu-10 after gpu-9: allocation goes by the order of devices.
func inOrder(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	if a < b {
		return -1
	}
	return 1
}

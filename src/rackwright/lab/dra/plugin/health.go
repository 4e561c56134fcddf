package main

import (
	"context"
	"time"

	"k8s.io/dynamic-resource-allocation/kubeletplugin"
)

// WatchHealthStatus tells the kubelet of every device every few seconds. What cannot be read is not reported, so
// that the kubelet calls it unknown after a while.
func (p *Plugin) WatchHealthStatus(ctx context.Context, reports chan<- kubeletplugin.DeviceHealthReport) error {
	for {
		if units, err := p.watch.Look(); err == nil {
			select {
			case <-ctx.Done():
				return nil
			case reports <- p.health(units):
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(p.watch.every):
		}
	}
}

func (p *Plugin) health(units map[string]Unit) kubeletplugin.DeviceHealthReport {
	var report kubeletplugin.DeviceHealthReport
	for name, unit := range units {
		health := kubeletplugin.HealthStatusHealthy
		if unit.Broken != "" {
			health = kubeletplugin.HealthStatusUnhealthy
		}
		report.Devices = append(report.Devices, kubeletplugin.DeviceHealth{
			PoolName: p.node, DeviceName: name, Health: health, LastUpdated: time.Now(), Message: unit.Broken,
		})
	}
	return report
}

package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Gates of NVIDIA's driver: what was said about each, over what it has by itself.
type Gates struct {
	named map[string]bool
}

// gateDefaults are those of the driver's own list (its reference/feature-gates.md; catalog/dra-gates.yaml).
var gateDefaults = map[string]bool{
	"ComputeDomainCliques":      true,
	"ConsumableShares":          false,
	"CrashOnNVLinkFabricErrors": true,
	"DRAListTypeAttributes":     false,
	"DeviceMetadata":            false,
	"DynamicMIG":                false,
	"FabricManagerPartitioning": false,
	"HostManagedIMEXDaemon":     false,
	"IMEXDaemonsWithDNSNames":   true,
	"MPSSupport":                false,
	"NVMLDeviceHealthCheck":     false,
	"PassthroughSupport":        false,
	"TimeSlicingSettings":       false,
}

// gatesApart may not be on together: the driver ends.
var gatesApart = [][2]string{
	{"ConsumableShares", "MPSSupport"},
	{"DynamicMIG", "MPSSupport"},
	{"DynamicMIG", "NVMLDeviceHealthCheck"},
	{"DynamicMIG", "PassthroughSupport"},
	{"NVMLDeviceHealthCheck", "PassthroughSupport"},
}

// gatesNeed another one.
var gatesNeed = [][2]string{
	{"ComputeDomainCliques", "IMEXDaemonsWithDNSNames"},
	{"DeviceMetadata", "PassthroughSupport"},
}

// notSimulated gates would change what is published or prepared in ways that this twin does not have.
var notSimulated = []string{
	"ConsumableShares", "DRAListTypeAttributes", "DeviceMetadata", "DynamicMIG", "FabricManagerPartitioning",
	"PassthroughSupport",
}

// ParseGates reads "A=true,B=false". Every mistake is in the error.
func ParseGates(text string) (Gates, error) {
	found := Gates{named: map[string]bool{}}
	var problems []error
	for _, part := range strings.Split(text, ",") {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		name, value, _ := strings.Cut(part, "=")
		on, err := strconv.ParseBool(value)
		if err != nil {
			problems = append(problems, fmt.Errorf("feature gate %q: expected NAME=true or NAME=false", part))
			continue
		}
		if _, known := gateDefaults[name]; !known {
			problems = append(problems, fmt.Errorf("unrecognized feature gate: %s", name))
			continue
		}
		found.named[name] = on
	}
	for _, pair := range gatesApart {
		if found.On(pair[0]) && found.On(pair[1]) {
			problems = append(problems, fmt.Errorf("feature gates %s and %s are mutually exclusive", pair[0], pair[1]))
		}
	}
	for _, pair := range gatesNeed {
		if found.On(pair[0]) && !found.On(pair[1]) {
			problems = append(problems, fmt.Errorf("feature gate %s needs %s", pair[0], pair[1]))
		}
	}
	for _, name := range notSimulated {
		if found.On(name) {
			problems = append(problems, fmt.Errorf("feature gate %s is not simulated by this twin", name))
		}
	}
	return found, errors.Join(problems...)
}

// On says whether a gate is on.
func (g Gates) On(name string) bool {
	if on, said := g.named[name]; said {
		return on
	}
	return gateDefaults[name]
}

// String names the gates that were set, sorted.
func (g Gates) String() string {
	var words []string
	for name, on := range g.named {
		words = append(words, fmt.Sprintf("%s=%t", name, on))
	}
	slices.Sort(words)
	return strings.Join(words, ",")
}

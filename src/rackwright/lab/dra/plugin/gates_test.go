package main

import (
	"strings"
	"testing"
)

func TestGates(t *testing.T) {
	for text, expected := range map[string]string{
		"":                                "",
		"MPSSupport=true,":                "",
		"TimeSlicingSettings=true":        "",
		"Nonsense=true":                   "unrecognized feature gate: Nonsense",
		"MPSSupport":                      "expected NAME=true or NAME=false",
		"MPSSupport=true,DynamicMIG=true": "DynamicMIG and MPSSupport are mutually exclusive",
		"NVMLDeviceHealthCheck=true,PassthroughSupport=true": "mutually exclusive",
		"DeviceMetadata=true":                                "DeviceMetadata needs PassthroughSupport",
		"IMEXDaemonsWithDNSNames=false":                      "ComputeDomainCliques needs IMEXDaemonsWithDNSNames",
		"DynamicMIG=true":                                    "not simulated",
	} {
		_, err := ParseGates(text)
		if (err == nil) != (expected == "") || (err != nil && !strings.Contains(err.Error(), expected)) {
			t.Errorf("%q: found %v, expected %q", text, err, expected)
		}
	}
	if _, err := ParseGates("A=true,B"); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Error("not every mistake at once: ", err)
	}
	if _, err := vendorOf(dranetDriver, Gates{named: map[string]bool{"MPSSupport": true}}); err == nil {
		t.Error("gates of another driver are taken")
	}
}

func TestSharingIsDecodedStrictlyAndHeldAgainstGates(t *testing.T) {
	const head = `{"apiVersion":"resource.nvidia.com/v1beta1","kind":"GpuConfig"`
	long := head + `,"sharing":{"strategy":"TimeSlicing","timeSlicingConfig":{"interval":"Long"}}}`
	mps := head + `,"sharing":{"strategy":"MPS","mpsConfig":{"defaultActiveThreadPercentage":50,"defaultPinnedDeviceMemoryLimit":"10Gi"}}}`
	for _, each := range []struct{ text, gates, expected string }{
		{head + `}`, "", ""},
		{long, "TimeSlicingSettings=true", ""},
		{mps, "MPSSupport=true", ""},
		{long, "", "gate TimeSlicingSettings is off"},
		{mps, "", "gate MPSSupport is off"},
		{mps, "TimeSlicingSettings=true", "gate MPSSupport is off"},
		{head + `,"sharring":{}}`, "", `unknown field "sharring"`},
		{strings.Replace(long, "interval", "intervall", 1), "TimeSlicingSettings=true", `unknown field "intervall"`},
		{strings.Replace(long, "Long", "Forever", 1), "TimeSlicingSettings=true", `found "Forever"`},
		{strings.Replace(mps, "50", "150", 1), "MPSSupport=true", "found 150"},
		{strings.Replace(mps, "10Gi", "ten", 1), "MPSSupport=true", "quantities must match"},
		{head + `,"sharing":{"strategy":"Fair"}}`, "", `found "Fair"`},
		{strings.Replace(long, "v1beta1", "v1", 1), "", "no kind"},
		{`{"apiVersion":"resource.nvidia.com/v1beta1","kind":"VfioDeviceConfig"}`, "", "no kind"},
		{strings.Replace(long, "GpuConfig", "MigDeviceConfig", 1), "TimeSlicingSettings=true", "no settings on MIG"},
	} {
		gates, err := ParseGates(each.gates)
		if err != nil {
			t.Fatal(err)
		}
		_, err = sharing([]byte(each.text), gates)
		if (err == nil) != (each.expected == "") || (err != nil && !strings.Contains(err.Error(), each.expected)) {
			t.Errorf("%s with %q: found %v, expected %q", each.text, each.gates, err, each.expected)
		}
	}
}

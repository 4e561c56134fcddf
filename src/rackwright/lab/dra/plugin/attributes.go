package main

import (
	"fmt"
	"strconv"
	"strings"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Attributes that drivers of several makers publish under one name.
const (
	pcieRoot = "resource.kubernetes.io/pcieRoot"
	pciBusID = "resource.kubernetes.io/pciBusID"
	numaNode = "resource.kubernetes.io/numaNode"
)

type attributes map[resourceapi.QualifiedName]resourceapi.DeviceAttribute

// text leaves out what is not known.
func (a attributes) text(name resourceapi.QualifiedName, value string) {
	if value != "" {
		a[name] = resourceapi.DeviceAttribute{StringValue: &value}
	}
}

func (a attributes) whole(name resourceapi.QualifiedName, value *int64) {
	if value != nil {
		a[name] = resourceapi.DeviceAttribute{IntValue: value}
	}
}

func (a attributes) flag(name resourceapi.QualifiedName, value bool) {
	a[name] = resourceapi.DeviceAttribute{BoolValue: &value}
}

func (a attributes) version(name resourceapi.QualifiedName, value string) {
	if value == "" {
		return
	}
	made := semantic(value)
	a[name] = resourceapi.DeviceAttribute{VersionValue: &made}
}

// semantic writes a version as semantic versions are: three numbers without leading zeros.
func semantic(said string) string {
	parts := append(strings.Split(strings.SplitN(said, "-", 2)[0], "."), "0", "0")[:3]
	for at, part := range parts {
		if number, err := strconv.Atoi(part); err == nil {
			parts[at] = strconv.Itoa(number)
		}
	}
	return strings.Join(parts, ".")
}

func memory(mib int64) map[resourceapi.QualifiedName]resourceapi.DeviceCapacity {
	return map[resourceapi.QualifiedName]resourceapi.DeviceCapacity{
		"memory": {Value: resource.MustParse(fmt.Sprintf("%dMi", mib))},
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"k8s.io/apimachinery/pkg/api/resource"
)

const configAPI = "resource.nvidia.com/v1beta1"

// gpuConfig is a claim's opaque configuration for NVIDIA's driver, as far as it is about sharing.
type gpuConfig struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Sharing    *strategy `json:"sharing,omitempty"`
}

type strategy struct {
	Strategy    string      `json:"strategy"`
	TimeSlicing *timeSlices `json:"timeSlicingConfig,omitempty"`
	MPS         *mpsLimits  `json:"mpsConfig,omitempty"`
}

type timeSlices struct {
	Interval string `json:"interval,omitempty"`
}

type mpsLimits struct {
	Percentage *int                         `json:"defaultActiveThreadPercentage,omitempty"`
	Memory     *resource.Quantity           `json:"defaultPinnedDeviceMemoryLimit,omitempty"`
	PerDevice  map[string]resource.Quantity `json:"defaultPerDevicePinnedMemoryLimit,omitempty"`
	MultiUser  bool                         `json:"multiUser,omitempty"`
}

// sharing checks an opaque configuration strictly, against the gates, and says what it sets in containers. Nothing
// is shared in truth: what was asked for is passed on as RACKWRIGHT_SIMULATED_SHARING.
func sharing(raw []byte, gates Gates) ([]string, error) {
	var kind struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	if err := json.Unmarshal(raw, &kind); err != nil {
		return nil, err
	}
	if kind.APIVersion != configAPI || !slices.Contains([]string{"GpuConfig", "MigDeviceConfig"}, kind.Kind) {
		return nil, fmt.Errorf("no kind %q is registered for version %q", kind.Kind, kind.APIVersion)
	}
	var config gpuConfig
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&config); err != nil {
		return nil, fmt.Errorf("strict decoding of %s: %w", kind.Kind, err)
	}
	if _, err := decoder.Token(); err != io.EOF {
		return nil, fmt.Errorf("strict decoding of %s: something follows it", kind.Kind)
	}
	if config.Sharing == nil {
		return nil, nil
	}
	if err := config.Sharing.check(kind.Kind, gates); err != nil {
		return nil, fmt.Errorf("%s: %w", kind.Kind, err)
	}
	made, err := json.Marshal(config.Sharing)
	return []string{"RACKWRIGHT_SIMULATED_SHARING=" + string(made)}, err
}

func (s strategy) check(kind string, gates Gates) error {
	var problems []error
	add := func(text string, words ...any) { problems = append(problems, fmt.Errorf(text, words...)) }
	switch s.Strategy {
	case "TimeSlicing":
		if kind == "MigDeviceConfig" {
			add("sharing strategy TimeSlicing has no settings on MIG devices")
		}
		if !gates.On("TimeSlicingSettings") {
			add("sharing strategy TimeSlicing: the feature gate TimeSlicingSettings is off")
		}
		if s.MPS != nil {
			add("mpsConfig does not belong to strategy TimeSlicing")
		}
		if s.TimeSlicing != nil && !slices.Contains([]string{"Default", "Short", "Medium", "Long"}, s.TimeSlicing.Interval) {
			add("timeSlicingConfig.interval: found %q, expected Default, Short, Medium or Long", s.TimeSlicing.Interval)
		}
	case "MPS":
		if !gates.On("MPSSupport") {
			add("sharing strategy MPS: the feature gate MPSSupport is off")
		}
		if s.TimeSlicing != nil {
			add("timeSlicingConfig does not belong to strategy MPS")
		}
		if s.MPS != nil && s.MPS.Percentage != nil && (*s.MPS.Percentage < 0 || *s.MPS.Percentage > 100) {
			add("mpsConfig.defaultActiveThreadPercentage: found %d, expected 0 to 100", *s.MPS.Percentage)
		}
	default:
		add("sharing.strategy: found %q, expected TimeSlicing or MPS", s.Strategy)
	}
	return errors.Join(problems...)
}

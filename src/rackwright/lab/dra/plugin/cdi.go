package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	cdi "tags.cncf.io/container-device-interface/specs-go"
)

const (
	// cdiVersion is the oldest that has all we say; containerd 1.7 reads it.
	cdiVersion = "0.5.0"
	simulated  = "RACKWRIGHT_SIMULATED=1"
)

// CDI writes one specification for each prepared claim.
type CDI struct {
	Root   string
	Driver string
}

// Piece is a device of a claim, as containers get it.
type Piece struct {
	Name    string
	Nodes   []string
	Env     []string
	Visible string
}

func (c CDI) kind() string { return "k8s." + c.Driver + "/claim" }

// Path of a claim's specification, as CDI's own naming has it: vendor-class_identity.
func (c CDI) Path(claim types.UID) string {
	return filepath.Join(c.Root, strings.ReplaceAll(c.kind(), "/", "-")+"_"+string(claim)+".json")
}

// ID of a claim's device. The claim's UID is in it, so that no runtime takes one of an earlier claim.
func (c CDI) ID(claim types.UID, device string) string {
	return c.kind() + "=" + string(claim) + "-" + device
}

// Exists says whether a claim's specification is there: the folder is emptied at boot.
func (c CDI) Exists(claim types.UID) bool {
	_, err := os.Stat(c.Path(claim))
	return err == nil
}

// Write a claim's specification.
func (c CDI) Write(claim types.UID, pieces []Piece) error {
	spec := cdi.Spec{Version: cdiVersion, Kind: c.kind()}
	var visible []string
	for _, piece := range pieces {
		device := cdi.Device{Name: string(claim) + "-" + piece.Name}
		device.ContainerEdits.Env = piece.Env
		for _, node := range piece.Nodes {
			device.ContainerEdits.DeviceNodes = append(device.ContainerEdits.DeviceNodes, &cdi.DeviceNode{Path: node})
		}
		spec.Devices = append(spec.Devices, device)
		if piece.Visible != "" {
			visible = append(visible, piece.Visible)
		}
	}
	spec.ContainerEdits.Env = []string{simulated}
	if len(visible) > 0 {
		spec.ContainerEdits.Env = append(spec.ContainerEdits.Env, "NVIDIA_VISIBLE_DEVICES="+strings.Join(visible, ","))
	}
	text, err := json.MarshalIndent(spec, "", " ")
	if err != nil {
		return err
	}
	return replace(c.Path(claim), append(text, '\n'), 0o644)
}

// Remove a claim's specification; it need not be there.
func (c CDI) Remove(claim types.UID) error {
	if err := os.Remove(c.Path(claim)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

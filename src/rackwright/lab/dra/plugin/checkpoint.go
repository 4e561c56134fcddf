package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
)

const checkpointVersion = 1

// Checkpoint holds the prepared claims, through restarts of this process and of the server.
type Checkpoint struct {
	path   string
	mutex  sync.Mutex
	claims map[types.UID]Prepared
}

// Prepared is a claim whose devices are handed out.
type Prepared struct {
	Namespace string                 `json:"namespace"`
	Name      string                 `json:"name"`
	Devices   []kubeletplugin.Device `json:"devices"`
	// Shared devices may be held by several claims: administrative access.
	Shared []string `json:"shared,omitempty"`
}

type checkpointFile struct {
	Version int                    `json:"version"`
	Claims  map[types.UID]Prepared `json:"claims"`
}

// OpenCheckpoint reads the file. One that cannot be read is an error: claims that it held would be handed out twice.
func OpenCheckpoint(path string) (*Checkpoint, error) {
	found := &Checkpoint{path: path, claims: map[types.UID]Prepared{}}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return found, nil
	}
	if err != nil {
		return nil, err
	}
	var kept checkpointFile
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&kept); err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w; drain the node and remove the file", path, err)
	}
	if kept.Version != checkpointVersion {
		return nil, fmt.Errorf("checkpoint %s: version %d, expected %d", path, kept.Version, checkpointVersion)
	}
	if kept.Claims != nil {
		found.claims = kept.Claims
	}
	return found, nil
}

// Get a claim.
func (c *Checkpoint) Get(claim types.UID) (Prepared, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	found, ok := c.claims[claim]
	return found, ok
}

// Put a claim; what cannot be written is not held.
func (c *Checkpoint) Put(claim types.UID, prepared Prepared) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	before, was := c.claims[claim]
	c.claims[claim] = prepared
	err := c.write()
	if err != nil {
		delete(c.claims, claim)
		if was {
			c.claims[claim] = before
		}
	}
	return err
}

// Delete a claim; it need not be there.
func (c *Checkpoint) Delete(claim types.UID) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	before, was := c.claims[claim]
	if !was {
		return nil
	}
	delete(c.claims, claim)
	err := c.write()
	if err != nil {
		c.claims[claim] = before
	}
	return err
}

// Holder of a device: another claim that has it for itself.
func (c *Checkpoint) Holder(device string, claim types.UID) (Prepared, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for other, prepared := range c.claims {
		if other == claim || slices.Contains(prepared.Shared, device) {
			continue
		}
		for _, one := range prepared.Devices {
			if one.DeviceName == device {
				return prepared, true
			}
		}
	}
	return Prepared{}, false
}

func (c *Checkpoint) write() error {
	text, err := json.MarshalIndent(checkpointFile{Version: checkpointVersion, Claims: c.claims}, "", " ")
	if err != nil {
		return err
	}
	return replace(c.path, append(text, '\n'), 0o600)
}

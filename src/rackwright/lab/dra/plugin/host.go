package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Host is the server's own file system, as this process sees it below Root.
type Host struct {
	Root string
	// DriverRoot is where the GPU driver's programs and libraries are, below Root (the chart's nvidiaDriverRoot).
	DriverRoot string
}

// recordPath is rackwright.lab.hardware.INSIDE.
const recordPath = "/run/host-hardware/record.json"

var (
	kernelModule = regexp.MustCompile(`Kernel Module\s+(?:for \S+\s+)?(\d+(?:\.\d+)+)`)
	smiFolders   = []string{"opt/bin", "usr/bin", "usr/sbin", "bin", "sbin"}
	libFolders   = []string{
		"usr/lib64", "usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu",
		"lib64", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu",
	}
)

// Path of a file of the host's.
func (h Host) Path(name string) string { return filepath.Join(h.Root, name) }

// Record reads the hardware record.
func (h Host) Record() (*Record, error) { return ReadRecord(h.Path(recordPath)) }

// Node says whether a device node is there now.
func (h Host) Node(name string) bool {
	info, err := os.Stat(h.Path(name))
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// Text of a small file, without white space around it.
func (h Host) Text(name string) (string, error) {
	text, err := os.ReadFile(h.Path(name))
	return strings.TrimSpace(string(text)), err
}

// NVIDIA is the version of the running NVIDIA driver, as NVML would say: the kernel module's, which its library
// has to match. What is missing is an error that names every part (hack/kubelet-plugin-prestart.sh upstream
// looks in the same places).
func (h Host) NVIDIA() (string, error) {
	root := filepath.Join("/", h.DriverRoot)
	var problems []error
	if _, ok := h.first(root, smiFolders, "nvidia-smi"); !ok {
		problems = append(problems, fmt.Errorf("no nvidia-smi below %s", root))
	}
	library := ""
	if path, ok := h.first(root, libFolders, "libnvidia-ml.so.1"); ok {
		target, err := os.Readlink(h.Path(path))
		if err != nil {
			problems = append(problems, err)
		}
		_, library, _ = strings.Cut(filepath.Base(target), ".so.")
	} else {
		problems = append(problems, fmt.Errorf("no libnvidia-ml.so.1 below %s", root))
	}
	module := ""
	if text, err := h.Text("/proc/driver/nvidia/version"); err != nil {
		problems = append(problems, fmt.Errorf("the nvidia kernel module is not loaded: %w", err))
	} else if found := kernelModule.FindStringSubmatch(text); found == nil {
		problems = append(problems, fmt.Errorf("/proc/driver/nvidia/version: no version in %q", text))
	} else {
		module = found[1]
	}
	if library != "" && module != "" && library != module {
		problems = append(problems, fmt.Errorf(
			"failed to initialize NVML: driver/library version mismatch: module %s, library %s", module, library))
	}
	return module, errors.Join(problems...)
}

func (h Host) first(root string, folders []string, name string) (string, bool) {
	for _, folder := range folders {
		path := filepath.Join(root, folder, name)
		if _, err := os.Lstat(h.Path(path)); err == nil {
			return path, true
		}
	}
	return "", false
}

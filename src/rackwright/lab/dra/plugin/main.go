// The lab's twin of a DRA driver: it publishes the GPUs or NICs of a server's hardware record under the vendor's
// driver name, and prepares claims for them with CDI. The devices are simulated; the Kubernetes side is real.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/klog/v2"
)

// version is set by the linker.
var version = "unknown"

// Options as they were said.
type Options struct {
	driver, node, kubeconfig      string
	plugins, registry, cdi, gates string
	host                          Host
	every                         time.Duration
	prestart, version             bool
}

func read(arguments []string) (Options, error) {
	var o Options
	set := flag.NewFlagSet("dra-twin", flag.ContinueOnError)
	klog.InitFlags(set)
	set.StringVar(&o.driver, "driver", "", "gpu.nvidia.com, gpu.amd.com or dra.net")
	set.StringVar(&o.node, "node-name", os.Getenv("NODE_NAME"), "this node (NODE_NAME)")
	set.StringVar(&o.kubeconfig, "kubeconfig", os.Getenv("KUBECONFIG"), "for use outside a pod (KUBECONFIG)")
	set.StringVar(&o.plugins, "kubelet-plugins-directory", kubeletplugin.KubeletPluginsDir, "the kubelet's")
	set.StringVar(&o.registry, "kubelet-registry-directory", kubeletplugin.KubeletRegistryDir, "the kubelet's")
	set.StringVar(&o.cdi, "cdi-root", "/var/run/cdi", "where specifications are written")
	set.StringVar(&o.gates, "feature-gates", os.Getenv("FEATURE_GATES"), "NAME=true,... (FEATURE_GATES)")
	set.StringVar(&o.host.Root, "host-root", "/", "where the host's file system is seen")
	set.StringVar(&o.host.DriverRoot, "nvidia-driver-root", "/", "NVIDIA's driver, below the host's root")
	set.DurationVar(&o.every, "every", 5*time.Second, "how often the hardware is looked at")
	set.BoolVar(&o.prestart, "prestart", false, "wait until the host's driver is there, and end")
	set.BoolVar(&o.version, "version", false, "say the version")
	if err := set.Parse(arguments); err != nil {
		return o, err
	}
	var problems []error
	if o.driver == "" && !o.version {
		problems = append(problems, errors.New("--driver is missing"))
	}
	if o.node == "" && !o.version && !o.prestart {
		problems = append(problems, errors.New("--node-name is missing"))
	}
	if o.every < 100*time.Millisecond {
		problems = append(problems, errors.New("--every: at least 100ms"))
	}
	return o, errors.Join(problems...)
}

func main() {
	o, err := read(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil && o.version {
		fmt.Println("dra-twin", version, "(simulated)")
		return
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
		defer stop()
		err = run(ctx, o)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dra-twin:", err)
		klog.Flush()
		os.Exit(1)
	}
}

func run(ctx context.Context, o Options) error {
	gates, err := ParseGates(o.gates)
	if err != nil {
		return err
	}
	vendor, err := vendorOf(o.driver, gates)
	if err != nil {
		return err
	}
	if o.prestart {
		return wait(ctx, o, vendor)
	}
	if err := vendor.Ready(o.host); err != nil {
		return err
	}
	folder := filepath.Join(o.plugins, o.driver)
	if err := os.MkdirAll(folder, 0o750); err != nil { // for the socket; the library does not make it
		return err
	}
	kept, err := OpenCheckpoint(filepath.Join(folder, "checkpoint.json"))
	if err != nil {
		return err
	}
	client, err := connect(o)
	if err != nil {
		return err
	}
	ctx, fatal := context.WithCancelCause(ctx)
	defer fatal(nil)
	watch := &Watch{host: o.host, vendor: vendor, node: o.node, every: o.every}
	plugin := &Plugin{
		driver: o.driver, node: o.node, host: o.host, vendor: vendor, kept: kept, watch: watch,
		cdi: CDI{Root: o.cdi, Driver: o.driver}, onFatal: fatal,
	}
	helper, err := kubeletplugin.Start(ctx, plugin,
		kubeletplugin.KubeClient(client), kubeletplugin.NodeName(o.node), kubeletplugin.DriverName(o.driver),
		kubeletplugin.RegistrarDirectoryPath(o.registry),
		kubeletplugin.PluginDataDirectoryPath(folder))
	if err != nil {
		return err
	}
	defer helper.Stop()
	klog.FromContext(ctx).Info("Simulated DRA driver", "driver", o.driver, "node", o.node, "gates", gates.String())
	if err := watch.Publish(ctx, helper); err != nil {
		return err
	}
	if cause := context.Cause(ctx); !errors.Is(cause, context.Canceled) {
		return cause
	}
	return nil
}

// wait until the host's driver is there, saying what is missing.
func wait(ctx context.Context, o Options, vendor Vendor) error {
	for {
		_, err := o.host.Record()
		if err == nil {
			err = vendor.Ready(o.host)
		}
		if err == nil {
			return nil
		}
		klog.FromContext(ctx).Error(err, "The host is not ready", "driver", o.driver)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(o.every):
		}
	}
}

func connect(o Options) (kubernetes.Interface, error) {
	config, err := rest.InClusterConfig()
	if o.kubeconfig != "" {
		config, err = clientcmd.BuildConfigFromFlags("", o.kubeconfig)
	}
	if err != nil {
		return nil, fmt.Errorf("the API server: %w", err)
	}
	config.Timeout = 30 * time.Second
	config.UserAgent = "dra-twin/" + version
	return kubernetes.NewForConfig(config)
}

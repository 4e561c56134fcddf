package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	resourceapi "k8s.io/api/resource/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/dynamic-resource-allocation/kubeletplugin"
	"k8s.io/klog/v2"
)

// Plugin prepares claims for one driver on one node.
type Plugin struct {
	driver  string
	node    string
	host    Host
	vendor  Vendor
	cdi     CDI
	kept    *Checkpoint
	watch   *Watch
	onFatal func(error)
}

// PrepareResourceClaims is idempotent: a claim that is prepared stays as it is.
func (p *Plugin) PrepareResourceClaims(
	ctx context.Context, claims []*resourceapi.ResourceClaim,
) (map[types.UID]kubeletplugin.PrepareResult, error) {
	units, err := p.watch.Look()
	if err != nil {
		return nil, err
	}
	found := map[types.UID]kubeletplugin.PrepareResult{}
	for _, claim := range claims {
		devices, err := p.prepare(claim, units)
		if err != nil {
			err = fmt.Errorf("%s on %s: %w", p.driver, p.node, err)
			klog.FromContext(ctx).Error(err, "Claim not prepared", "claim", klog.KObj(claim))
		} else {
			klog.FromContext(ctx).Info("Claim prepared", "claim", klog.KObj(claim), "devices", len(devices))
		}
		found[claim.UID] = kubeletplugin.PrepareResult{Err: err, Devices: devices}
	}
	return found, nil
}

func (p *Plugin) prepare(claim *resourceapi.ResourceClaim, units map[string]Unit) ([]kubeletplugin.Device, error) {
	if kept, ok := p.kept.Get(claim.UID); ok && p.cdi.Exists(claim.UID) {
		return kept.Devices, nil
	}
	made := Prepared{Namespace: claim.Namespace, Name: claim.Name}
	var pieces []Piece
	var problems []error
	for _, result := range claim.Status.Allocation.Devices.Results {
		if result.Driver != p.driver {
			continue
		}
		piece, err := p.piece(claim, result, units)
		if err != nil {
			problems = append(problems, fmt.Errorf("device %s: %w", result.Device, err))
			continue
		}
		pieces = append(pieces, piece)
		if result.AdminAccess != nil && *result.AdminAccess {
			made.Shared = append(made.Shared, result.Device)
		}
		made.Devices = append(made.Devices, kubeletplugin.Device{
			Requests: []string{result.Request}, PoolName: result.Pool, DeviceName: result.Device,
			CDIDeviceIDs: []string{p.cdi.ID(claim.UID, result.Device)}, ShareID: result.ShareID,
		})
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	// Unprepare removes the specification by the claim's name alone, so that it may be there before the checkpoint.
	if err := p.cdi.Write(claim.UID, pieces); err != nil {
		return nil, err
	}
	if err := p.kept.Put(claim.UID, made); err != nil {
		return nil, errors.Join(err, p.cdi.Remove(claim.UID))
	}
	return made.Devices, nil
}

// piece is what containers get of one device.
func (p *Plugin) piece(
	claim *resourceapi.ResourceClaim, result resourceapi.DeviceRequestAllocationResult, units map[string]Unit,
) (Piece, error) {
	unit, there := units[result.Device]
	if result.Pool != p.node || !there {
		return Piece{}, fmt.Errorf("it is not in pool %s now", p.node)
	}
	if unit.Broken != "" {
		return Piece{}, errors.New(unit.Broken)
	}
	admin := result.AdminAccess != nil && *result.AdminAccess
	if holder, held := p.kept.Holder(result.Device, claim.UID); held && !admin {
		return Piece{}, fmt.Errorf("it is prepared for claim %s/%s", holder.Namespace, holder.Name)
	}
	nodes, err := unit.Nodes(p.host)
	if err != nil {
		return Piece{}, err
	}
	env := slices.Clone(unit.Env)
	for _, config := range claim.Status.Allocation.Devices.Config {
		if config.Opaque == nil || config.Opaque.Driver != p.driver || !concerns(config.Requests, result.Request) {
			continue
		}
		added, err := p.vendor.Config(config.Opaque.Parameters.Raw)
		if err != nil {
			return Piece{}, fmt.Errorf("opaque configuration: %w", err)
		}
		env = append(env, added...)
	}
	return Piece{Name: result.Device, Nodes: nodes, Env: env, Visible: unit.Visible}, nil
}

// UnprepareResourceClaims needs nothing but the claims' identities.
func (p *Plugin) UnprepareResourceClaims(
	ctx context.Context, claims []kubeletplugin.NamespacedObject,
) (map[types.UID]error, error) {
	found := map[types.UID]error{}
	for _, claim := range claims {
		err := p.cdi.Remove(claim.UID)
		if err == nil {
			err = p.kept.Delete(claim.UID)
		}
		klog.FromContext(ctx).Info("Claim unprepared", "claim", claim.String(), "err", err)
		found[claim.UID] = err
	}
	return found, nil
}

// HandleError ends the process on what no retry mends.
func (p *Plugin) HandleError(ctx context.Context, err error, msg string) {
	runtime.HandleErrorWithContext(ctx, err, msg)
	if !errors.Is(err, kubeletplugin.ErrRecoverable) {
		p.onFatal(fmt.Errorf("%s: %w", msg, err))
	}
}

package main

import (
	"slices"

	"k8s.io/dynamic-resource-allocation/resourceclaim"
)

// concerns says whether a configuration for these requests is for one of an allocation's. No request means all of
// them; a request with alternatives is named by itself or with the alternative.
func concerns(requests []string, request string) bool {
	return len(requests) == 0 || slices.Contains(requests, request) ||
		slices.Contains(requests, resourceclaim.BaseRequestRef(request))
}

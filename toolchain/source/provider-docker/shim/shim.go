// Package shim hands out the upstream provider, which upstream keeps in internal/: only a module whose path lies
// under upstream's may import it.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// NewProvider is upstream's docker provider, unchanged.
func NewProvider(version string) *schema.Provider {
	return provider.New(version)()
}

// Package shim hands out the upstream provider, which upstream keeps in internal/: only a module whose path lies
// under upstream's may import it.
package shim

import (
	framework "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// NewProvider is upstream's random provider, unchanged.
func NewProvider() framework.Provider {
	return provider.New()
}

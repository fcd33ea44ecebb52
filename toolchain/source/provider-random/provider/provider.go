// Package provider maps the upstream random provider to the tokens and names of the npm SDK @pulumi/random 4.21.2.
package provider

import (
	"context"
	"fmt"

	framework "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/terraform-providers/terraform-provider-random/shim"
)

// Info is the bridged provider. version: the npm SDK's version, without a leading v.
func Info(version string) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:       framework.ShimProvider(shim.NewProvider()),
		Name:    "random",
		Version: version,
		Resources: map[string]*tfbridge.ResourceInfo{
			// The only resource of upstream without an id of its own.
			"random_bytes": {ComputeID: base64ID},
		},
		// The bridge insists on a history of renamed tokens: this provider has none.
		MetadataInfo:                tfbridge.NewProviderMetadata([]byte("{}")),
		EnableAccurateBridgePreview: true,
	}
	info.MustComputeTokens(tokens.SingleModule("random_", "index", func(module, name string) (string, error) {
		return tokens.MakeStandard("random")(module, "Random"+name)
	}))
	return info
}

func base64ID(_ context.Context, state resource.PropertyMap) (resource.ID, error) {
	value := state["base64"]
	if value.IsSecret() {
		value = value.SecretValue().Element
	}
	if !value.IsString() {
		return "", fmt.Errorf("random_bytes answered no base64 string, but %v", value.TypeString())
	}
	return resource.ID(value.StringValue()), nil
}

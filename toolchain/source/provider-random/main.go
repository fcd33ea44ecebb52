// Command pulumi-resource-random serves the upstream random provider to Pulumi programs.
package main

import (
	"context"
	_ "embed"

	framework "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"

	"slipway/provider-random/provider"
)

// Version is the npm SDK's version that this binary serves, set at link time.
var Version = "0.0.0"

//go:embed schema.json
var schema []byte

func main() {
	framework.Main(context.Background(), "random", provider.Info(Version), framework.ProviderMetadata{PackageSchema: schema})
}

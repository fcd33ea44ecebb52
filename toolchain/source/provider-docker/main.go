// Command pulumi-resource-docker serves the upstream docker provider to Pulumi programs.
package main

import (
	_ "embed"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"

	"slipway/provider-docker/provider"
)

// Version is the npm SDK's version that this binary serves, set at link time.
var Version = "0.0.0"

//go:embed schema.json
var schema []byte

func main() {
	tfbridge.Main("docker", Version, provider.Info(Version), schema)
}

// Package provider maps the upstream docker provider to the tokens and names of the npm SDK @pulumi/docker 5.2.0.
package provider

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge/tokens"
	sdkv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/terraform-providers/terraform-provider-docker/shim"
)

// Names whose token is not simply the upstream name in camel case.
var renamed = map[string]string{
	"Config":   "ServiceConfig",
	"Image":    "RemoteImage",
	"getImage": "getRemoteImage",
}

// Info is the bridged provider. version: the npm SDK's version, without a leading v.
func Info(version string) tfbridge.ProviderInfo {
	info := tfbridge.ProviderInfo{
		P:       sdkv2.NewProvider(shim.NewProvider(version)),
		Name:    "docker",
		Version: version,
		Config: map[string]*tfbridge.SchemaInfo{
			"host": {Default: &tfbridge.DefaultInfo{
				Value:   "unix:///var/run/docker.sock",
				EnvVars: []string{"DOCKER_HOST"},
			}},
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_container": {
				// Two containers cannot hold one name or one data directory.
				DeleteBeforeReplace: true,
				// The SDK keeps these two in the singular.
				Fields: map[string]*tfbridge.SchemaInfo{
					"command":           {Name: "command"},
					"networks_advanced": {Name: "networksAdvanced"},
				},
			},
		},
	}
	info.MustComputeTokens(tokens.SingleModule("docker_", "index", token))
	info.SetAutonaming(255, "-")
	return info
}

func token(module, name string) (string, error) {
	if sdkName, ok := renamed[name]; ok {
		name = sdkName
	}
	return tokens.MakeStandard("docker")(module, name)
}

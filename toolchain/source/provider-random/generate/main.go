// Command generate prints the provider's schema: done once at build time, so that the provider starts faster.
package main

import (
	"context"
	"log"
	"os"

	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfgen"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"

	"slipway/provider-random/provider"
)

func main() {
	sink := diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: colors.Never})
	generated, err := tfgen.GenerateSchema(context.Background(), tfgen.GenerateSchemaOptions{
		ProviderInfo:    provider.Info(os.Args[1]),
		DiagnosticsSink: sink,
		XInMemoryDocs:   true,
	})
	if err != nil {
		log.Fatal(err)
	}
	if _, err := os.Stdout.Write(generated.ProviderMetadata.PackageSchema); err != nil {
		log.Fatal(err)
	}
}

// Holds dashboards against Grafana's own schema, as the Foundation SDK for Go has it (Apache-2.0): unknown, missing and mistyped fields, of panels
// and queries too, and what Grafana limits. Files are arguments; what does not hold is a line each.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
)

func main() {
	plugins.RegisterDefaultPlugins()
	code := 0
	for _, path := range os.Args[1:] {
		if err := check(path); err != nil {
			fmt.Printf("%s: %v\n", path, err)
			code = 1
		}
	}
	os.Exit(code)
}

func check(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	var strict, board dashboard.Dashboard
	if err := found(strict.UnmarshalJSONStrict(text)); err != nil {
		return err
	}
	// The strict reading judges panels and keeps none of them: limits are looked at in another.
	if err := json.Unmarshal(text, &board); err != nil {
		return err
	}
	return found(board.Validate())
}

// The SDK answers an empty list of errors, which is not nil, where nothing is wrong.
func found(err error) error {
	var list cog.BuildErrors
	if errors.As(err, &list) && len(list) == 0 {
		return nil
	}
	return err
}

package annalscdk

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
)

// config is what may differ from one synthesis to the next.
type config struct {
	// arch is the architecture of the functions, as Go spells it: arm64 or amd64.
	arch string
	// buildDir is the folder of the prebuilt functions: <buildDir>/<arch>/<function>/bootstrap.
	buildDir string
	settings
}

// configFromEnv reads ANNALS_ARCH and ANNALS_BUILD. What is deployed runs on arm64; the local runner sets both to binaries
// for its own machine, because it starts the bootstraps of the template as they are.
func configFromEnv() (config, error) {
	c := config{
		arch:     cmp.Or(os.Getenv("ANNALS_ARCH"), "arm64"),
		buildDir: cmp.Or(os.Getenv("ANNALS_BUILD"), "build"),
	}
	return c, c.validate()
}

// validate reports an unknown architecture, and a function that has not been built: CDK would end with a stack trace.
func (c config) validate() error {
	if c.arch != "arm64" && c.arch != "amd64" {
		return fmt.Errorf("ANNALS_ARCH is %q: it must be arm64 or amd64", c.arch)
	}
	for _, f := range functions {
		bootstrap := filepath.Join(c.codeDir(f), "bootstrap")
		if info, err := os.Stat(bootstrap); err != nil || !info.Mode().IsRegular() {
			return fmt.Errorf("%s is missing: run `make build`", bootstrap)
		}
	}
	return nil
}

// codeDir is the folder that becomes a function's code.
func (c config) codeDir(f function) string { return filepath.Join(c.buildDir, c.arch, f.name) }

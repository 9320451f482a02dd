// Package dynamolocal fetches DynamoDB Local, Amazon's own emulator, and runs it as a child process that ends with its
// parent, however the parent ends. Start with [Find] and [Start]; tests use package dynamotest, which does both.
//
// DynamoDB Local comes out of an npm package that holds it unchanged (version 1.25.1); its integrity is checked. It needs
// Java. It listens on ALL network interfaces: it cannot be told otherwise.
package dynamolocal

import (
	"errors"
	"os"
	"path/filepath"
)

// ErrMissing says that DynamoDB Local has not been fetched.
var ErrMissing = errors.New("DynamoDB Local is missing: run `go run github.com/annals-es/annals/pkg/es/dynamotest/fetch`, " +
	"or `make dynamodb-local` in the repository of Annals")

// Root finds the project's root: the closest folder upwards of the working directory that holds a go.mod.
//
// Errors: one that says that there is none.
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

// Dir is where a project keeps a DynamoDB Local of its own.
func Dir(root string) string { return filepath.Join(root, ".local", "dynamodb-local") }

// CacheDir is where all projects of a user find DynamoDB Local: a folder below [os.UserCacheDir]. The command fetch puts
// it there.
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

// Brought says whether a complete DynamoDB Local is in dir. Folders get there by renaming, hence whole.
func Brought(dir string) bool {
	_, err := os.Stat(jar(dir))
	return err == nil
}

func jar(dir string) string { return filepath.Join(dir, "DynamoDBLocal.jar") }

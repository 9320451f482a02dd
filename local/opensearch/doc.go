// Package opensearch fetches OpenSearch, and runs a node of it as a child process that ends with its parent, however
// the parent ends. Start with [Find] and [Start]; tests use package ostest, which does both.
//
// OpenSearch 2.19 comes as jars by Maven. Its only plugins are those for HTTP and the common analyzers. It needs Java
// 11 or later, and no compiler. It listens on the loopback interface alone.
package opensearch

import (
	"bytes"
	"embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/annals-es/annals/pkg/es/dynamotest/dynamolocal"
)

// sources are what Maven reads: which jars to fetch, and the program that runs a node.
//
//go:embed node/pom.xml node/Local.java
var sources embed.FS

var sourceNames = []string{"pom.xml", "Local.java"}

// Why OpenSearch cannot start, or cannot be fetched.
var (
	ErrMissing = errors.New("OpenSearch is missing: run `make opensearch`")
	errJava    = errors.New("Java is missing, and OpenSearch needs it: " +
		"run `sudo apt-get install default-jre-headless` or `brew install openjdk`")
	errMaven = errors.New("Maven is missing, and OpenSearch is fetched with it: " +
		"run `sudo apt-get install maven` or `brew install maven`")
)

// CheckMaven returns an error with the command that installs Maven, unless it is installed.
func CheckMaven() error {
	if _, err := exec.LookPath("mvn"); err != nil {
		return errMaven
	}
	return nil
}

// Find returns the folder of the project's OpenSearch: .local/opensearch of the project that the working directory is
// in.
//
// Errors: [ErrMissing] if it is not there, or is another version.
func Find() (string, error) {
	root, err := dynamolocal.Root()
	if err != nil {
		return "", err
	}
	if dir := filepath.Join(root, ".local", "opensearch"); Brought(dir) {
		return dir, nil
	}
	return "", ErrMissing
}

// Brought reports whether dir contains what the sources say. Ensure moves it there by renaming, so it is never partial.
func Brought(dir string) bool {
	for _, name := range sourceNames {
		has, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(has, source(name)) {
			return false
		}
	}
	return true
}

// source returns an embedded file.
func source(name string) []byte {
	text, err := sources.ReadFile("node/" + name)
	if err != nil {
		panic(err) // it is embedded above
	}
	return text
}

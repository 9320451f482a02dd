package dynamolocal

import (
	"context"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// The npm package whose folder emulator is DynamoDB Local, and its integrity as stated by npm's registry.
const (
	npmPackage   = "amplify-dynamodb-simulator@2.9.30"
	npmIntegrity = "sha512-xTeeRLvzEfqyd5lh3bH4c0kHvSHHmmhD5ZDsHFKAQ5g2Zl6JqlFdutaQhCLHzxEp6Ry1o7TB6niIoXuQAnSewQ=="
)

// Ensure fetches DynamoDB Local into dir unless it is already there. Several processes may call it concurrently.
func Ensure(ctx context.Context, dir string) error {
	if Brought(dir) {
		return nil
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return errors.New("npm is missing, and DynamoDB Local is fetched with it: " +
			"install Node.js, such as with `apt-get install npm`")
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	temp, err := os.MkdirTemp(parent, filepath.Base(dir)+".tmp-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp)
	tarball, err := pack(ctx, temp)
	if err != nil {
		return err
	}
	if err := checkIntegrity(tarball, npmIntegrity); err != nil {
		return err
	}
	emulator := filepath.Join(temp, "emulator")
	if err := extract(tarball, "package/emulator/", emulator); err != nil {
		return fmt.Errorf("unpack %s: %w", npmPackage, err)
	}
	if !Brought(emulator) {
		return fmt.Errorf("npm package %s contains no DynamoDBLocal.jar", npmPackage)
	}
	// Rename, so that dir is never partial. If another process was faster, use its copy.
	if err := os.Rename(emulator, dir); err != nil && !Brought(dir) {
		return fmt.Errorf("cannot move DynamoDB Local to %s: remove it and try again: %w", dir, err)
	}
	return nil
}

// pack downloads the npm package's tarball into dir.
func pack(ctx context.Context, dir string) (string, error) {
	cmd := exec.CommandContext(ctx, "npm", "pack", "--silent", "--pack-destination", dir, npmPackage)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("`npm pack %s`: %w: %s", npmPackage, err, lastLine(out))
	}
	found, err := filepath.Glob(filepath.Join(dir, "*.tgz"))
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("`npm pack %s` created no tarball", npmPackage)
	}
	return found[0], nil
}

func checkIntegrity(file, want string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	h := sha512.New()
	if _, err := io.Copy(h, f); err != nil {
		return err
	}
	if got := "sha512-" + base64.StdEncoding.EncodeToString(h.Sum(nil)); got != want {
		return fmt.Errorf("npm package %s: integrity is %s, expected %s: not used", npmPackage, got, want)
	}
	return nil
}

func lastLine(out []byte) string {
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1]
}

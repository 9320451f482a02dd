package dynamolocal

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// tarball writes a .tgz with these entries.
func tarball(t *testing.T, entries ...tar.Header) string {
	t.Helper()
	var text bytes.Buffer
	gz := gzip.NewWriter(&text)
	archive := tar.NewWriter(gz)
	for _, e := range entries {
		content := ""
		if e.Typeflag == tar.TypeReg {
			content = "content"
		}
		e.Size, e.Mode = int64(len(content)), 0o644
		if err := archive.WriteHeader(&e); err != nil {
			t.Fatal(err)
		}
		if _, err := archive.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Close(); err != nil {
		t.Fatal(err)
	}
	if err := gz.Close(); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "package.tgz")
	if err := os.WriteFile(file, text.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestExtract(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "emulator")
	file := tarball(t,
		tar.Header{Name: "package/package.json", Typeflag: tar.TypeReg},
		tar.Header{Name: "package/emulator/", Typeflag: tar.TypeDir},
		tar.Header{Name: "package/emulator/a.jar", Typeflag: tar.TypeReg},
		tar.Header{Name: "package/emulator/lib/deep/b.so", Typeflag: tar.TypeReg},
	)
	if err := extract(file, "package/emulator/", dir); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a.jar", "lib/deep/b.so"} {
		if text, err := os.ReadFile(filepath.Join(dir, name)); string(text) != "content" {
			t.Errorf("read %s: %q, %v, want content", name, text, err)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "package*")); len(found) > 0 {
		t.Errorf("unexpected files were unpacked: %v", found)
	}
}

func TestExtractStaysInside(t *testing.T) {
	t.Parallel()
	for _, bad := range []tar.Header{
		{Name: "package/emulator/../../out", Typeflag: tar.TypeReg},
		{Name: "package/emulator//etc/out", Typeflag: tar.TypeReg},
		{Name: "package/emulator/link", Linkname: "/etc", Typeflag: tar.TypeSymlink},
		{Name: "package/emulator/link", Linkname: "../x", Typeflag: tar.TypeLink},
	} {
		parent := t.TempDir()
		if err := extract(tarball(t, bad), "package/emulator/", filepath.Join(parent, "a", "b")); err == nil {
			t.Errorf("extract %s: no error", bad.Name)
		}
		if entries, _ := os.ReadDir(parent); len(entries) != 1 {
			t.Errorf("extracting %s wrote %v, want one folder", bad.Name, entries)
		}
	}
}

func TestIntegrity(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("abc"), 0o600); err != nil {
		t.Fatal(err)
	}
	// The test vector of FIPS 180-2.
	const abc = "sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw=="
	if err := checkIntegrity(file, abc); err != nil {
		t.Error(err)
	}
	if err := checkIntegrity(file, npmIntegrity); err == nil || !strings.Contains(err.Error(), "not used") {
		t.Errorf("a file with another content: %v", err)
	}
}

func TestWhatIsMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if err := Ensure(t.Context(), filepath.Join(t.TempDir(), "db")); err == nil ||
		!strings.Contains(err.Error(), "npm is missing") {
		t.Errorf("ensure without npm: %v, want an error that says so", err)
	}
	if err := CheckJava(t.Context()); err == nil || !strings.Contains(err.Error(), "Java is missing") {
		t.Errorf("check without Java: %v, want an error that says so", err)
	}
	if _, err := Start(t.Context(), Options{Dir: t.TempDir()}); err == nil ||
		!strings.Contains(err.Error(), "make dynamodb-local") {
		t.Errorf("start without DynamoDB Local: %v, want an error that says what to run", err)
	}
}

// npm replaces the npm command: it writes the given tarball, and counts its calls.
func TestEnsureTakesNothingButThePackage(t *testing.T) {
	bin := t.TempDir()
	script := "#!/bin/sh\nwhile [ $# -gt 0 ]; do [ \"$1\" = --pack-destination ] && to=$2; shift; done\n" +
		"echo tampered > \"$to/x.tgz\"\n"
	if err := os.WriteFile(filepath.Join(bin, "npm"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Chdir(t.TempDir())
	// npm runs in another folder
	for _, dir := range []string{filepath.Join(t.TempDir(), "state", "db"), filepath.Join("state", "db")} {
		if err := Ensure(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "integrity") {
			t.Errorf("ensure in %s with another checksum: %v, want an integrity error", dir, err)
		}
		if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) > 0 {
			t.Errorf("%s: temporary files are left: %v", dir, entries)
		}
	}
}

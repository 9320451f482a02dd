package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

// hashSources adds the files that the assets in a synthesized folder were made of to a hash. An app that writes no list
// of them has none.
func (p Project) hashSources(all io.Writer, out string) error {
	text, err := os.ReadFile(filepath.Join(out, annalsaws.SourcesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var sources []string
	if err := json.Unmarshal(text, &sources); err != nil {
		return fmt.Errorf("%s in %s is no list of paths: %w", annalsaws.SourcesFile, out, err)
	}
	for _, source := range slices.Sorted(slices.Values(sources)) {
		if !filepath.IsAbs(source) {
			source = filepath.Join(p.Root, source)
		}
		if err := hashTree(all, source); err != nil {
			return fmt.Errorf("read the source of an asset: %w", err)
		}
	}
	return nil
}

// hashTree adds a file, or all files of a folder, to a hash.
func hashTree(all io.Writer, root string) error {
	return filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := os.Stat(file) // CDK follows links
		if err != nil || !info.Mode().IsRegular() {
			fmt.Fprintf(all, "%s %v\n", file, err)
			return nil
		}
		hash, err := hashFile(file)
		if err != nil {
			return err
		}
		fmt.Fprintf(all, "%s %x\n", file, hash)
		return nil
	})
}

package docs_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	fenced   = regexp.MustCompile("(?ms)^```.*?^```$")
	code     = regexp.MustCompile("`[^`\n]*`")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#{1,6} +(.+?) *$`)
	linkText = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`)
	noSlug   = regexp.MustCompile(`[^\p{L}\p{N}_ -]`)
)

// notOurs are folders of what is built or brought.
var notOurs = map[string]bool{
	".git": true, ".local": true, "build": true, "cdk.out": true, "node_modules": true, "testdata": true,
}

// TestLinks: what pages of the repository link to inside the repository is there, and so is the heading that they name.
func TestLinks(t *testing.T) {
	t.Parallel()
	pages, links := 0, 0
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && notOurs[entry.Name()]:
			return filepath.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		pages++
		text := code.ReplaceAllString(fenced.ReplaceAllString(string(read(t, path)), ""), "")
		for _, found := range link.FindAllStringSubmatch(text, -1) {
			if strings.Contains(found[1], ":") { // of another site
				continue
			}
			links++
			if err := leads(path, found[1]); err != nil {
				t.Errorf("%s links to %s: %v", path, found[1], err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if pages < 30 || links < 100 {
		t.Errorf("%d pages with %d links are read: their form has changed", pages, links)
	}
}

// leads tells why a link of a page leads nowhere, nil if it does not.
func leads(page, to string) error {
	file, anchor, anchored := strings.Cut(to, "#")
	target := page
	if file != "" {
		target = filepath.Join(filepath.Dir(page), file)
	}
	if _, err := os.Stat(target); err != nil {
		return err
	}
	if !anchored || filepath.Ext(target) != ".md" {
		return nil
	}
	text, err := os.ReadFile(target)
	if err != nil {
		return err
	}
	if !anchors(string(text))[anchor] {
		return fmt.Errorf("%s has no such heading", target)
	}
	return nil
}

// anchors are those that GitHub gives the headings of a page.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for _, found := range heading.FindAllStringSubmatch(fenced.ReplaceAllString(text, ""), -1) {
		title := linkText.ReplaceAllString(found[1], "$1")
		slug := strings.ReplaceAll(strings.ToLower(noSlug.ReplaceAllString(title, "")), " ", "-")
		for n, own := 1, slug; ; n++ {
			if !all[own] {
				all[own] = true
				break
			}
			own = fmt.Sprintf("%s-%d", slug, n)
		}
	}
	return all
}

func TestAnchors(t *testing.T) {
	t.Parallel()
	got := anchors("# The CLI: `annals`, [all](x.md) of it\n## A\n## A\n```\n# no heading\n```\n")
	for _, want := range []string{"the-cli-annals-all-of-it", "a", "a-1"} {
		if !got[want] {
			t.Errorf("anchor %s is missing in %v", want, got)
		}
	}
	if len(got) != 3 {
		t.Errorf("links found: %v, want 3", got)
	}
}

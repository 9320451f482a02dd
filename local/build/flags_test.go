package build

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestFlagsAreTheMakefiles: what runs here is built as what is deployed.
func TestFlagsAreTheMakefiles(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	said := regexp.MustCompile(`(?m)^BUILD_FLAGS := (.*)$`).FindSubmatch(text)
	if said == nil {
		t.Fatal("the Makefile has no BUILD_FLAGS")
	}
	got := strings.NewReplacer(`"`, "", "$(TAGS)", "lambda.norpc").Replace(string(said[1]))
	if flags := (Project{}).flags(); got != strings.Join(flags, " ") {
		t.Errorf("the Makefile builds with %s, this with %q", said[1], flags)
	}
}

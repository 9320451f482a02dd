package annalscdk

import (
	"strings"
	"testing"
)

// TestOwnSettings: a setting of the service's own is read, checked and applied as the others.
func TestOwnSettings(t *testing.T) {
	t.Parallel()
	var applied string
	bucket := Setting{
		Name: "photos", Pattern: `^[a-z-]+$`, CanBe: "the name of a bucket",
		Apply: func(s *Settings, value string) { applied = value; s.Origins = append(s.Origins, "https://"+value) },
	}
	got, err := readSettings(object{"photos": "my-photos"}, bucket)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "applied", []any{"my-photos", "my-photos", []string{"https://my-photos"}}, []any{
		applied, got.Own["photos"], got.Origins,
	})
	if _, err := readSettings(object{}, bucket); err != nil || applied != "" {
		t.Errorf("own setting without a value: %q, %v", applied, err)
	}
	for want, test := range map[string]struct {
		own     Setting
		context object
	}{
		`photos is "A B": it must be the name of a bucket`: {bucket, object{"photos": "A B"}},
		`photos is 7: it must be a string`:                 {bucket, object{"photos": 7.0}},
		`there is no setting photo:`:                       {bucket, object{"photo": "a"}},
		`own setting "rate": choose`:                       {Setting{Name: "rate"}, object{}},
		`own setting "my-rate": choose`:                    {Setting{Name: "my-rate"}, object{}},
		`own setting odd: its pattern: `:                   {Setting{Name: "odd", Pattern: "("}, object{}},
	} {
		if _, err := readSettings(test.context, test.own); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("a team's own settings: %v, want an error with %s", err, want)
		}
	}
}

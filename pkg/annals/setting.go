package annals

import (
	"fmt"
	"regexp"
	"strings"
	"time"
	"unicode"
)

// DurationSetting is a duration that each stage may set. [Setting] declares it. It is a part of a service.
type DurationSetting struct {
	// Name is the setting's name in infra/stages.json and in CDK's context, such as "paymentDeadline".
	Name string
	// Default is its value where a stage does not set it.
	Default time.Duration
}

// Setting declares a setting of the stages, with its default: "paymentDeadline". A stage gives a duration such as "72h"
// or "5s", in whole seconds. Declare it once, and pass it to [New] and to the code that needs it: see
// [DurationSetting.In].
func Setting(name string, of time.Duration) *DurationSetting { return &DurationSetting{name, of} }

// settingName is what can be the name of a setting.
var settingName = regexp.MustCompile(`^[a-z][A-Za-z]{1,40}$`)

func (d *DurationSetting) addTo(s *Service) {
	if !settingName.MatchString(d.Name) {
		s.wrong("setting %q: its name must have letters only, and begin with a small one, such as \"paymentDeadline\"", d.Name)
	}
	if err := checkSetting(d.Default); err != nil {
		s.wrong("setting %s: its default: %v", d.Name, err)
	}
	for _, o := range s.Settings {
		if o.Env() == d.Env() {
			s.wrong("setting %s is declared twice: remove one", d.Name)
		}
	}
	s.Settings = append(s.Settings, d)
}

func checkSetting(d time.Duration) error {
	if d < time.Second || d%time.Second != 0 {
		return fmt.Errorf("%v is no duration of whole seconds, from a second", d)
	}
	return nil
}

// Env is the environment variable of the functions that holds the setting: PAYMENT_DEADLINE.
func (d *DurationSetting) Env() string {
	var b strings.Builder
	for _, r := range d.Name {
		if unicode.IsUpper(r) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToUpper(r))
	}
	return b.String()
}

// Parse reads a value of the setting. "" is the default.
//
// Errors: one that names the setting, if the text is no duration of whole seconds.
func (d *DurationSetting) Parse(text string) (time.Duration, error) {
	if text == "" {
		return d.Default, nil
	}
	value, err := time.ParseDuration(text)
	if err == nil {
		err = checkSetting(value)
	}
	if err != nil {
		return 0, fmt.Errorf("%s is %q: it must be a duration of whole seconds, such as 72h or 5s", d.Name, text)
	}
	return value, nil
}

// In is the setting's value. It panics if the service was declared without it: that is a mistake in the program.
func (d *DurationSetting) In(r *Running) time.Duration {
	value, there := r.settings[d.Name]
	if !there {
		panic(fmt.Sprintf("annals: setting %s: pass it to annals.New", d.Name))
	}
	return value
}

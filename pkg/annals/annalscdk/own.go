package annalscdk

import (
	"fmt"
	"regexp"
	"slices"

	"github.com/annals-es/annals/pkg/annals"
)

// Setting is a setting of the service's own, beside those of [Settings]: a text in infra/stages.json.
type Setting struct {
	// Name is its name in infra/stages.json, in letters.
	Name string
	// Pattern is a regular expression that its value must match, CanBe says so in words: "the ARN of a bucket".
	// Without a
	// pattern any text is taken.
	Pattern, CanBe string
	// Apply, if not nil, is called with the settings before the stack is made, and with the value, "" if the stage
	// has none.
	// It may set a secret's value.
	Apply func(s *Settings, value string)
}

func (s *Settings) readOwn(context *asked, own []Setting) error {
	for _, setting := range own {
		if context.read[setting.Name] || !settingPattern.MatchString(setting.Name) {
			return fmt.Errorf("setting %q of the service's own: choose another name, in letters, that no setting of the kit has",
				setting.Name)
		}
		value, err := text(context, setting.Name)
		if err != nil {
			return err
		}
		pattern, err := regexp.Compile(setting.Pattern)
		if err != nil {
			return fmt.Errorf("setting %s of the service's own: its pattern: %w", setting.Name, err)
		}
		if value != "" && !pattern.MatchString(value) {
			return fmt.Errorf("%s is %q: it must be %s", setting.Name, value, setting.CanBe)
		}
		s.Own[setting.Name] = value
	}
	return nil
}

func (s *Settings) apply(own []Setting) {
	for _, setting := range own {
		if setting.Apply != nil {
			setting.Apply(s, s.Own[setting.Name])
		}
	}
}

// validateSecrets refuses a value for a secret that the service does not have.
func (s *Settings) validateSecrets(service *annals.Service) error {
	for env := range s.Secrets {
		if !slices.ContainsFunc(service.Secrets, func(v *annals.SecretValue) bool { return v.Env == env }) {
			return fmt.Errorf("there is a value for the secret %s: declare it with annals.Secret(%q, …), or leave the value out", env, env)
		}
	}
	return nil
}

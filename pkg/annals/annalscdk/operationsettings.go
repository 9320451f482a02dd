package annalscdk

import (
	"errors"
	"fmt"
	"regexp"
)

var (
	topicPattern    = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$`)
	emailPattern    = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	emailKeyPattern = regexp.MustCompile(`^\S{20,}$`)
	otlpPattern     = regexp.MustCompile(`^https?://[^/\s]+(/\S*)?$`)
)

// readOperations reads where alarms and traces go.
func (s *settings) readOperations(context *asked) error {
	for _, setting := range []struct {
		key     string
		into    *string
		pattern *regexp.Regexp
		canBe   string
	}{
		{"alarmTopic", &s.alarmTopic, topicPattern, "the ARN of an SNS topic"},
		{"alarmEmail", &s.alarmEmail, emailPattern, "an e-mail address"},
		{"emailKey", &s.emailKey, emailKeyPattern, "the id of a stack, of at least 20 characters"},
		{"otlpEndpoint", &s.otlpEndpoint, otlpPattern, "the URL of a collector, such as http://localhost:4318"},
	} {
		value, err := text(context, setting.key)
		if err != nil {
			return err
		}
		if value != "" && !setting.pattern.MatchString(value) {
			return fmt.Errorf("%s is %q: it must be %s", setting.key, value, setting.canBe)
		}
		*setting.into = value
	}
	if s.alarmTopic != "" && s.alarmEmail != "" {
		return errors.New("alarmEmail subscribes to the stack's own topic: leave it out where alarmTopic names another")
	}
	return nil
}

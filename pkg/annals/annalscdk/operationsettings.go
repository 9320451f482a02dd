package annalscdk

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

var (
	topicPattern = regexp.MustCompile(`^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]+$`)
	emailPattern = regexp.MustCompile(`^[^@\s]+@[^@\s]+$`)
	otlpPattern  = regexp.MustCompile(`^https?://[^/\s]+(/\S*)?$`)
)

// validateOperations checks the destinations of alarms and traces.
func (s *Settings) validateOperations() error {
	for _, setting := range []struct {
		key, value string
		pattern    *regexp.Regexp
		canBe      string
	}{
		{"alarmTopic", s.AlarmTopic, topicPattern, "the ARN of an SNS topic"},
		{"alarmEmail", s.AlarmEmail, emailPattern, "an e-mail address"},
		{"otlpEndpoint", s.OTLPEndpoint, otlpPattern, "the URL of a collector, such as http://localhost:4318"},
	} {
		if setting.value != "" && !setting.pattern.MatchString(setting.value) {
			return fmt.Errorf("%s is %q: it must be %s", setting.key, setting.value, setting.canBe)
		}
	}
	if s.AlarmTopic != "" && s.AlarmEmail != "" {
		return errors.New("alarmEmail subscribes to the stack's own topic: " +
			"remove it, or remove alarmTopic, which names another topic")
	}
	return nil
}

// mostOf is the largest value of a setting that is a number. Settings that are not listed have no limit.
var mostOf = map[string]int{
	"rebuildSegments": 10_000, "rebuildConcurrency": 1_000, "personalRecoveryDays": 35, "forgetWait": 3600,
}

// unitOf is what a number counts, if the setting's name does not say it.
var unitOf = map[string]string{"forgetWait": " of seconds"}

func (s *Settings) validateRebuild() error {
	for key, value := range map[string]int{
		"rate": s.Rate, "burst": s.Burst, "rebuildSegments": s.RebuildSegments, "rebuildConcurrency": s.RebuildConcurrency,
		"personalRecoveryDays": s.PersonalRecoveryDays,
	} {
		if most := mostOf[key]; value < 0 || most > 0 && value > most {
			return outside(key, strconv.Itoa(value), most)
		}
	}
	return s.validateForgetWait()
}

func (s *Settings) validateForgetWait() error {
	most := mostOf["forgetWait"]
	if s.ForgetWait < 0 || s.ForgetWait%time.Second != 0 || s.ForgetWait > time.Duration(most)*time.Second {
		return outside("forgetWait", seconds(s.ForgetWait), most)
	}
	if s.Stage == protectedStage && s.ForgetWait > 0 && s.ForgetWait < leastForgetWait {
		return fmt.Errorf("forgetWait is %s: in the stage %s it must be at least %s seconds, because the projector may run for "+
			"a minute after it read a key", seconds(s.ForgetWait), protectedStage, seconds(leastForgetWait))
	}
	return nil
}

// leastForgetWait is how long keys stay in memory, and the longest invocation that writes what it decrypted.
const leastForgetWait = 6 * time.Minute

// seconds returns a duration as a number of seconds.
func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) }

package annalscdk

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	regionPattern = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	keyPattern    = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$`)
	rolePattern   = regexp.MustCompile(`^arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]+$`)
)

// readTables reads what is chosen of tables and functions.
func (s *settings) readTables(context *asked) error {
	var err error
	for key, into := range map[string]*string{"region": &s.region, "breakGlassRole": &s.breakGlass} {
		if *into, err = text(context, key); err != nil {
			return err
		}
	}
	if s.key, err = readKey(context); err != nil {
		return err
	}
	if s.eventReplicas, err = texts(context, "eventReplicas"); err != nil {
		return err
	}
	if s.readReplicas, err = texts(context, "readReplicas"); err != nil {
		return err
	}
	if s.replicasLocked, err = truth(context, "replicasLocked"); err != nil {
		return err
	}
	reserved, err := texts(context, "concurrency")
	if err != nil {
		return err
	}
	if s.concurrency, err = readConcurrency(reserved); err != nil {
		return err
	}
	return s.validateTables()
}

// readKey reads whose key the tables have: "" = DynamoDB's own, "true" = one of the stack, else an ARN.
func readKey(context *asked) (string, error) {
	if own, err := truth(context, "cmk"); err == nil && own {
		return "true", nil
	} else if err == nil {
		return "", nil
	}
	return text(context, "cmk")
}

func (s *settings) validateTables() error {
	switch {
	case s.region != "" && !regionPattern.MatchString(s.region):
		return fmt.Errorf("region is %q: it must be one such as eu-central-1", s.region)
	case s.key != "" && s.key != "true" && !keyPattern.MatchString(s.key):
		return fmt.Errorf("cmk is %q: it must be true, or the ARN of a key in KMS", s.key)
	case s.key != "" && s.region == "":
		return errors.New("cmk needs region: a key is in one region")
	case s.breakGlass != "" && !rolePattern.MatchString(s.breakGlass):
		return fmt.Errorf("breakGlassRole is %q: it must be the ARN of a role", s.breakGlass)
	}
	if err := s.validateReplicas("eventReplicas", s.eventReplicas); err != nil {
		return err
	}
	return s.validateReplicas("readReplicas", s.readReplicas)
}

// validateReplicas keeps writes in one region. A copy takes writes as well as the original, and of two writes to a key the
// later one wins, whatever its condition was.
func (s *settings) validateReplicas(key string, regions []string) error {
	for i, region := range regions {
		switch {
		case !regionPattern.MatchString(region):
			return fmt.Errorf("%s has %q: it must be regions such as eu-west-1,us-west-2", key, region)
		case s.region == "":
			return fmt.Errorf("%s needs region: say which one region writes", key)
		case region == s.region:
			return fmt.Errorf("%s has %s, which is the region that writes: a copy is elsewhere", key, region)
		case slices.Contains(regions[:i], region):
			return fmt.Errorf("%s has %s twice", key, region)
		case s.key != "":
			return fmt.Errorf("%s and cmk do not go together: a copy needs a key in its own region", key)
		}
	}
	return nil
}

// readConcurrency reads "command:50" and "projector:20".
func readConcurrency(listed []string) (map[string]float64, error) {
	reserved := map[string]float64{}
	for _, one := range listed {
		name, number, _ := strings.Cut(one, ":")
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("concurrency has %q: it must be functions with numbers, such as command:50,projector:20", one)
		}
		if !slices.ContainsFunc(functions, func(f function) bool { return f.name == name }) {
			return nil, fmt.Errorf("concurrency has %q: there is no function %s", one, name)
		}
		reserved[name] = float64(n)
	}
	return reserved, nil
}

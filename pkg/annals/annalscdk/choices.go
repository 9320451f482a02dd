package annalscdk

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/annals-es/annals/pkg/annals/annalsaws"
)

var (
	regionPattern = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)
	keyPattern    = regexp.MustCompile(`^arn:[a-z-]+:kms:[a-z0-9-]+:\d{12}:key/[A-Za-z0-9-]+$`)
	rolePattern   = regexp.MustCompile(`^arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]+$`)
)

// readKey reads which key encrypts the tables: "" is DynamoDB's own, [OwnKey] one of the stack, anything else an ARN.
func readKey(context *asked) (string, error) {
	if own, err := truth(context, "cmk"); err == nil && own {
		return OwnKey, nil
	} else if err == nil {
		return "", nil
	}
	return text(context, "cmk")
}

func (s *Settings) validateTables() error {
	switch {
	case s.EventBus != "" && !busPattern.MatchString(s.EventBus):
		return fmt.Errorf("eventBus is %q: it must be the ARN of a bus, such as "+
			"arn:aws:events:us-east-1:123456789012:event-bus/shop", s.EventBus)
	case s.Region != "" && !regionPattern.MatchString(s.Region):
		return fmt.Errorf("region is %q: it must be one such as eu-central-1", s.Region)
	case s.TablesKey != "" && s.TablesKey != OwnKey && !keyPattern.MatchString(s.TablesKey):
		return fmt.Errorf("cmk is %q: it must be true, or the ARN of a key in KMS", s.TablesKey)
	case s.TablesKey != "" && s.Region == "":
		return errors.New("cmk needs region: a key is in one region")
	case s.BreakGlassRole != "" && !rolePattern.MatchString(s.BreakGlassRole):
		return fmt.Errorf("breakGlassRole is %q: it must be the ARN of a role", s.BreakGlassRole)
	}
	if err := s.validateReplicas("eventReplicas", s.EventReplicas); err != nil {
		return err
	}
	return s.validateReplicas("readReplicas", s.ReadReplicas)
}

// validateReplicas keeps writes in one region. A replica accepts writes like the original. Of two writes to one key the
// later one wins, whatever its condition was.
func (s *Settings) validateReplicas(key string, regions []string) error {
	for i, region := range regions {
		switch {
		case !regionPattern.MatchString(region):
			return fmt.Errorf("%s has %q: it must be regions such as eu-west-1,us-west-2", key, region)
		case s.Region == "":
			return fmt.Errorf("%s needs region: set the one region that writes", key)
		case region == s.Region:
			return fmt.Errorf("%s has %s, which is the region that writes: a replica must be in another region", key, region)
		case slices.Contains(regions[:i], region):
			return fmt.Errorf("%s has %s twice", key, region)
		case s.TablesKey != "":
			return fmt.Errorf("%s and cmk cannot be combined: a replica needs a key in its own region", key)
		}
	}
	return nil
}

// readConcurrency reads "command:50" and "projector:20".
func readConcurrency(listed []string) (map[annalsaws.Function]int, error) {
	reserved := map[annalsaws.Function]int{}
	for _, one := range listed {
		name, number, _ := strings.Cut(one, ":")
		n, err := strconv.Atoi(number)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("concurrency has %q: it must be functions and numbers, such as command:50,projector:20", one)
		}
		if !slices.Contains(annalsaws.Functions, annalsaws.Function(name)) {
			return nil, fmt.Errorf("concurrency has %q: there is no function %s", one, name)
		}
		reserved[annalsaws.Function(name)] = n
	}
	return reserved, nil
}

package annalstest

import (
	"fmt"
	"slices"

	"github.com/annals-es/annals/pkg/annals"
)

// checkFakes returns an error for a client without a fake: no test opens a real one.
func checkFakes(s *annals.Service, fakes []annals.OpenedClient) error {
	for _, c := range s.Clients {
		if !slices.ContainsFunc(fakes, func(f annals.OpenedClient) bool { return f.Name == c.Name }) {
			return fmt.Errorf("client %s has no fake: pass one to ClientOf.Opened, and the result in annalstest.Config.Clients",
				c.Name)
		}
	}
	return nil
}

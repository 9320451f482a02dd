package dynamoview

import (
	"errors"
	"sync"
)

// atOnce is how many requests of one call are on their way at most.
const atOnce = 16

// each calls do for all elements, some at once, and returns their errors.
func each[T any](all []T, do func(i int, one T) error) error {
	errs := make([]error, len(all))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i, one := range all {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = do(i, one)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

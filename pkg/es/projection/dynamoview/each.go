package dynamoview

import (
	"errors"
	"sync"
)

// atOnce is the most requests that one call has in flight.
const atOnce = 16

// each calls do for all elements, several at once, and returns their errors.
func each[T any](all []T, do func(i int, one T) error) error {
	if len(all) == 1 { // a new goroutine would have to grow its stack
		return do(0, all[0])
	}
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

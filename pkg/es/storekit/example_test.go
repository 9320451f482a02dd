package storekit_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/annals-es/annals/pkg/es"
	"github.com/annals-es/annals/pkg/es/storekit"
)

// A store turns each append into commits, and makes heads that no other store can make.
func Example() {
	seal := storekit.NewSeal() // one for each store
	order := es.StreamID{Type: "Order", ID: "7"}
	placed := es.Append{ID: "decision-1", Writes: []es.Write{{
		Head: seal.Empty(order), Events: []es.RawEvent{{Type: "OrderPlaced", Schema: 1, Data: []byte(`{}`)}},
	}}}
	commits, err := storekit.Build(placed, seal, time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, c := range commits { // to be stored, if no commit of the stream has this version
		fmt.Println(c.Stream, c.Version, es.FormatTime(c.At), "size limit:",
			storekit.CheckSize(&c.Commit, storekit.Size(&c.Commit)))
		fmt.Println("next:", c.Head.Version()+1)
	}
	_, err = storekit.Build(placed, storekit.NewSeal(), time.Now())
	fmt.Println("by another store:", errors.Is(err, es.ErrForeignHead))
	// Output:
	// Order#7 1 2026-05-01T09:00:00.000000Z size limit: <nil>
	// next: 2
	// by another store: true
}

// A position says where a scan of a segment continues.
func ExamplePosition() {
	segment := es.Segment{Index: 0, Of: 4}
	segment.After = storekit.Position(segment, "Order#7")
	fmt.Println(storekit.PositionKey(segment))
	segment.Index = 1
	_, err := storekit.PositionKey(segment)
	fmt.Println("in another segment:", errors.As(err, new(*es.SegmentError)))
	// Output:
	// Order#7 <nil>
	// in another segment: true
}

package readmodel

import (
	"fmt"
	"hash/fnv"
)

// shards is how many partitions a list has that all streams write to: each takes 1,000 writes a second.
const shards = 8

// shard returns the partition of a list that a key belongs to.
func shard(list, key string) string {
	h := fnv.New32a()
	_, _ = h.Write([]byte(key)) // never fails
	return fmt.Sprintf("%s|%d", list, h.Sum32()%shards)
}

// allShards are the partitions of a list.
func allShards(list string) []string {
	all := make([]string, shards)
	for i := range all {
		all[i] = fmt.Sprintf("%s|%d", list, i)
	}
	return all
}

// Package bucket is as much of S3 as the system uses: buckets that are folders, whose queues are told of new objects, and
// GetObject, HeadObject, PutObject and ListObjectsV2 over HTTP.
package bucket

import (
	"crypto/md5" // S3's ETag
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Config describes a bucket.
type Config struct {
	Name, ARN, Region string
	// Dir is the folder of its objects: an object is a file that has the path of its key.
	Dir string
}

// Bucket is one bucket. It needs no closing.
type Bucket struct {
	Config
	told []func(message string) error
}

// New returns the bucket in a folder, which is made with its first object.
func New(c Config) *Bucket { return &Bucket{Config: c} }

// Tell has somebody told of each new object, by S3's message. It comes before all use of the bucket.
func (b *Bucket) Tell(who func(message string) error) { b.told = append(b.told, who) }

// ErrNoKey says that a key can't be one here: an empty one, or one that leads out of the folder.
var ErrNoKey = errors.New("this is no key of an object here")

func (b *Bucket) file(key string) (string, error) {
	local := filepath.FromSlash(key)
	if !filepath.IsLocal(local) || filepath.Clean(local) != local {
		return "", fmt.Errorf("%q: %w", key, ErrNoKey)
	}
	return filepath.Join(b.Dir, local), nil
}

// Put stores an object, and tells of it once it is there in whole.
//
// Errors: [ErrNoKey]; those of the file system, and of whoever is told: the object may be there then.
func (b *Bucket) Put(key string, body []byte) error {
	file, err := b.file(key)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		return err
	}
	if err := write(file, body); err != nil {
		return err
	}
	var failed error
	for _, tell := range b.told {
		failed = errors.Join(failed, tell(b.created(key, body)))
	}
	return failed
}

// partPrefix begins the names of files that are no objects yet.
const partPrefix = ".part-"

func write(file string, body []byte) error {
	part, err := os.CreateTemp(filepath.Dir(file), partPrefix+"*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(part.Name()) }() // gone, if all went well
	_, err = part.Write(body)
	if err := errors.Join(err, part.Close()); err != nil {
		return err
	}
	return os.Rename(part.Name(), file)
}

// Get returns an object.
//
// Errors: [os.ErrNotExist], [ErrNoKey]; those of the file system.
func (b *Bucket) Get(key string) ([]byte, error) {
	file, err := b.file(key)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%q: %w", key, os.ErrNotExist)
	}
	return os.ReadFile(file)
}

// object is what a message says of an object.
type object struct {
	Key       string `json:"key"`
	Size      int    `json:"size"`
	ETag      string `json:"eTag"`
	Sequencer string `json:"sequencer"`
}

// created is S3's message of a new object:
// https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html.
func (b *Bucket) created(key string, body []byte) string {
	sum := md5.Sum(body) // S3's ETag
	now := time.Now().UTC()
	segments := strings.Split(key, "/")
	for i := range segments {
		segments[i] = url.QueryEscape(segments[i])
	}
	text, _ := json.Marshal(map[string]any{"Records": []any{map[string]any{ // texts and numbers
		"eventVersion": "2.1", "eventSource": "aws:s3", "awsRegion": b.Region, "eventName": "ObjectCreated:Put",
		"eventTime": now.Format("2006-01-02T15:04:05.000Z"),
		"s3": map[string]any{
			"s3SchemaVersion": "1.0", "configurationId": b.Name,
			"bucket": map[string]any{"name": b.Name, "arn": b.ARN},
			"object": object{strings.Join(segments, "/"), len(body), hex.EncodeToString(sum[:]), fmt.Sprintf("%016X", now.UnixNano())},
		},
	}}})
	return string(text)
}

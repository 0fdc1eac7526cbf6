package mst

var CommonPrefix = commonPrefix

#ifndef BASE_VERSION_H
#define BASE_VERSION_H
/*
 * What this binary is. Both texts are written by tools/version when it is built: NEWS's version with the commit behind a
 * plus sign ("0.1.0+66e51b7"), and the folder that `make install` puts shared data into ("/usr/share/truc").
 */
extern const char truc_version[];
extern const char truc_datadir[];
#endif

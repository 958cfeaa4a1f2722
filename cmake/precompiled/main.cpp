// Only here so that the precompiled headers belong to a target.
int main() {}

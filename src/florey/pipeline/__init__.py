"""The recipe, its stages in order, their manifests; joins the other rooms, which do not know each other."""

# Defines wrt::static, wrt::shared and wrt::wrt from wrt_include, wrt_static and wrt_shared: in the
# repository's own build and in an installed package alike.
if(NOT TARGET wrt::static)
    add_library(wrt::static STATIC IMPORTED GLOBAL)
    set_target_properties(wrt::static PROPERTIES
        IMPORTED_LOCATION "${wrt_static}"
        INTERFACE_INCLUDE_DIRECTORIES "${wrt_include}")

    add_library(wrt::shared SHARED IMPORTED GLOBAL)
    set_target_properties(wrt::shared PROPERTIES
        IMPORTED_LOCATION "${wrt_shared}"
        INTERFACE_INCLUDE_DIRECTORIES "${wrt_include}")

    add_library(wrt::wrt INTERFACE IMPORTED GLOBAL)
    if(BUILD_SHARED_LIBS)
        set_target_properties(wrt::wrt PROPERTIES INTERFACE_LINK_LIBRARIES wrt::shared)
    else()
        set_target_properties(wrt::wrt PROPERTIES INTERFACE_LINK_LIBRARIES wrt::static)
    endif()
endif()

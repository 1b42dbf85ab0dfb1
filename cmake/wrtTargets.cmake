# Defines wrt::static, wrt::shared and wrt::wrt: in the repository's own build and in an installed package alike.
#
#   wrt_include             where the headers are
#   wrt_static, wrt_shared  the libraries; one that is not set is not there
#   wrt_soname              the name under which the loader finds the shared one
#   wrt_only                `static` or `shared` where wrt::wrt is to be that one, whatever BUILD_SHARED_LIBS says
if(wrt_static AND NOT TARGET wrt::static)
    add_library(wrt::static STATIC IMPORTED GLOBAL)
    set_target_properties(wrt::static PROPERTIES
        IMPORTED_LOCATION "${wrt_static}"
        INTERFACE_INCLUDE_DIRECTORIES "${wrt_include}")
endif()
if(wrt_shared AND NOT TARGET wrt::shared)
    add_library(wrt::shared SHARED IMPORTED GLOBAL)
    set_target_properties(wrt::shared PROPERTIES
        IMPORTED_LOCATION "${wrt_shared}"
        IMPORTED_SONAME "${wrt_soname}"
        INTERFACE_INCLUDE_DIRECTORIES "${wrt_include}")
endif()
if(NOT TARGET wrt::wrt)
    if(wrt_only)
        set(wrt_kind ${wrt_only})
    elseif(TARGET wrt::shared AND (BUILD_SHARED_LIBS OR NOT TARGET wrt::static))
        set(wrt_kind shared)
    else()
        set(wrt_kind static)
    endif()
    add_library(wrt::wrt INTERFACE IMPORTED GLOBAL)
    set_target_properties(wrt::wrt PROPERTIES INTERFACE_LINK_LIBRARIES wrt::${wrt_kind})
    unset(wrt_kind)
endif()
